package org.mneme;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.Tensors;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// The numbers of reference implementations: where they lie and how closely ours must agree.
///
/// They come from the folder in the system property `golden.dir` (a relative path counts from the
/// project's root) or, where it is blank, from the project's own copy.
public final class GoldenFiles {
  private static final double OUTPUT_ABSOLUTE = 1e-5;
  private static final double OUTPUT_RELATIVE = 1e-4;
  private static final double GRADIENT_RELATIVE = 1e-4;
  private static final double GRADIENT_FLOOR = 1e-7;

  private GoldenFiles() {}

  /// The folder that holds them.
  public static Path folder() {
    String property = System.getProperty("golden.dir", "");
    if (!property.isBlank()) {
      return Path.of(System.getProperty("project.root", "")).resolve(property).normalize();
    }
    try {
      var readme = Objects.requireNonNull(GoldenFiles.class.getResource("/golden/README.md"));
      return Objects.requireNonNull(Path.of(readme.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /// The case files of each of `kindsOrPrefixes`, sorted: those whose `kind` it is or, where no
  /// file is of that kind, those whose path below [#folder()] starts with it.
  ///
  /// Case files are `*.safetensors` and `*.json`, and in the folder of a model or tokenizer its
  /// `case.safetensors` or `cases.json`: its parent is that folder.
  ///
  /// @throws AssertionError when there are none, so that no test passes for want of files
  public static List<Path> filesOfKind(String... kindsOrPrefixes) {
    Path folder = folder();
    Map<Path, Optional<String>> kinds = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder, 2)) {
      files.filter(file -> isCase(folder, file)).forEach(file -> kinds.put(file, kind(file)));
    } catch (IOException e) {
      throw new AssertionError("golden vectors cannot be listed in " + folder, e);
    }
    Set<Path> found = new TreeSet<>();
    for (String wanted : kindsOrPrefixes) {
      var ofKind =
          kinds.entrySet().stream()
              .filter(entry -> entry.getValue().equals(Optional.of(wanted)))
              .map(Map.Entry::getKey)
              .toList();
      if (ofKind.isEmpty()) {
        kinds.keySet().stream()
            .filter(file -> below(folder, file).startsWith(wanted))
            .forEach(found::add);
      }
      found.addAll(ofKind);
    }
    if (found.isEmpty()) {
      throw new AssertionError(
          "no golden vectors " + Arrays.toString(kindsOrPrefixes) + " in " + folder);
    }
    return List.copyOf(found);
  }

  private static boolean isCase(Path folder, Path file) {
    String path = below(folder, file);
    return Files.isRegularFile(file)
        && path.matches("[^/]+\\.(safetensors|json)|[^/]+/case[^/]*\\.(safetensors|json)");
  }

  private static String below(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }

  /// The `kind` that `file` gives itself.
  private static Optional<String> kind(Path file) {
    String name = file.toString();
    if (name.endsWith(".safetensors")) {
      try (var weights = SafetensorsFile.open(file)) {
        return Optional.ofNullable(weights.metadata().get("kind"));
      }
    }
    return name.endsWith(".json") ? kindOfJson(file) : Optional.empty();
  }

  private static Optional<String> kindOfJson(Path file) {
    try (var in = Files.newInputStream(file);
        JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean kind = parser.currentName().equals("kind");
        if (parser.nextToken() == JsonToken.VALUE_STRING && kind) {
          return Optional.of(parser.getString());
        }
        parser.skipChildren();
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Fails unless shapes are equal and every output differs from the expected one by 1e-5 + 1e-4 of
  /// it at most.
  public static void assertClose(String name, Tensor expected, Tensor actual) {
    assertSameShape(name, expected, actual);
    assertClose(name, Tensors.doubles(expected), Tensors.doubles(actual));
  }

  /// The same for plain numbers.
  public static void assertClose(String name, double[] expected, double[] actual) {
    assertSameLength(name, expected, actual);
    for (int i = 0; i < expected.length; i++) {
      double allowed = OUTPUT_ABSOLUTE + OUTPUT_RELATIVE * Math.abs(expected[i]);
      assertWithin(name, i, expected[i], actual[i], allowed);
    }
  }

  /// Fails unless shapes are equal and no element differs by more than 1e-4 of the largest expected
  /// one.
  public static void assertGradientClose(String name, Tensor expected, Tensor actual) {
    assertSameShape(name, expected, actual);
    assertGradientClose(name, Tensors.doubles(expected), Tensors.doubles(actual));
  }

  /// The same for plain numbers.
  public static void assertGradientClose(String name, double[] expected, double[] actual) {
    assertSameLength(name, expected, actual);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    double allowed = Math.max(GRADIENT_FLOOR, GRADIENT_RELATIVE * largest);
    for (int i = 0; i < expected.length; i++) {
      assertWithin(name, i, expected[i], actual[i], allowed);
    }
  }

  /// Written so that NaN and an infinite difference fail.
  private static void assertWithin(
      String name, int element, double expected, double actual, double allowed) {
    double difference = Math.abs(expected - actual);
    if (expected != actual && !(difference <= allowed)) {
      throw new AssertionError(
          "%s: element %d is %.9g, expected %.9g; the difference %.3g exceeds %.3g"
              .formatted(name, element, actual, expected, difference, allowed));
    }
  }

  private static void assertSameShape(String name, Tensor expected, Tensor actual) {
    long[] expectedShape = Shapes.of(expected);
    long[] actualShape = Shapes.of(actual);
    if (!Arrays.equals(expectedShape, actualShape)) {
      throw new AssertionError(
          "%s has shape %s, expected %s"
              .formatted(name, Arrays.toString(actualShape), Arrays.toString(expectedShape)));
    }
  }

  private static void assertSameLength(String name, double[] expected, double[] actual) {
    if (expected.length != actual.length) {
      throw new AssertionError(
          "%s has %d elements, expected %d".formatted(name, actual.length, expected.length));
    }
  }
}
