package org.mneme.text;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/// The small tokenizers among the project's own golden files, for tests of other things than the
/// golden cases.
public final class TokenizerCopies {
  private TokenizerCopies() {}

  /// The folder of that name.
  public static Path resource(String name) {
    try {
      var file = TokenizerCopies.class.getResource("/golden/" + name + "/tokenizer.json");
      return Objects.requireNonNull(Path.of(Objects.requireNonNull(file).toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /// Puts its `tokenizer.json` into `folder`.
  static Path copy(String name, Path folder) throws IOException {
    return Files.copy(
        resource(name).resolve("tokenizer.json"),
        folder.resolve("tokenizer.json"),
        StandardCopyOption.REPLACE_EXISTING);
  }
}
