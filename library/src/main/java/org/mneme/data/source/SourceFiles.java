package org.mneme.data.source;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mneme.InvalidInputException;
import org.mneme.data.SourceConfig;

/// Finds the files that a source names: itself, those that a glob matches, or those in a folder
/// with a name of a known format; in the order of their names.
public final class SourceFiles {
  private static final Pattern GLOB = Pattern.compile("[*?\\[{]");

  private SourceFiles() {}

  /// The files of all sources, in the order of the sources.
  ///
  /// @throws InvalidInputException of kind DATA where a source has none
  public static List<SourceFile> of(List<SourceConfig> sources) {
    return sources.stream().flatMap(source -> of(source).stream()).toList();
  }

  private static List<SourceFile> of(SourceConfig source) {
    Path path = Path.of(source.path());
    if (Files.isRegularFile(path)) {
      return List.of(SourceFile.of(path, source));
    }
    if (Files.isDirectory(path)) {
      return found(
          source,
          walk(path, SourceFile::isKnown),
          "holds no .txt, .jsonl, .csv, .tsv or"
              + " .parquet file (also .gz, .zst); name the files");
    }
    if (GLOB.matcher(source.path()).find()) {
      return found(source, walk(root(source.path()), matcher(source.path())), "matches no file");
    }
    throw SourceFile.unusable(
        path,
        Files.exists(path)
            ? "is a pipe or device, and files are read more than once; write it to a file"
            : "there is no such file");
  }

  private static List<SourceFile> found(SourceConfig source, List<Path> files, String otherwise) {
    if (files.isEmpty()) {
      throw SourceFile.unusable(Path.of(source.path()), otherwise);
    }
    return files.stream().map(file -> SourceFile.of(file, source)).toList();
  }

  private static List<Path> walk(Path root, Predicate<Path> wanted) {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(file -> !isHidden(root.relativize(file)))
          .filter(wanted)
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw SourceFile.unusable(root, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean isHidden(Path inside) {
    for (Path part : inside) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /// The folder in front of the first part with a wildcard.
  private static Path root(String glob) {
    var wildcard = GLOB.matcher(glob);
    int at = wildcard.find() ? wildcard.start() : glob.length();
    int slash = glob.lastIndexOf('/', at);
    return Path.of(slash < 0 ? "" : slash == 0 ? "/" : glob.substring(0, slash));
  }

  /// As shells do, `**/` stands for no folder, too.
  private static Predicate<Path> matcher(String glob) {
    PathMatcher some = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    PathMatcher none = FileSystems.getDefault().getPathMatcher("glob:" + glob.replace("**/", ""));
    return path -> some.matches(path) || none.matches(path);
  }
}
