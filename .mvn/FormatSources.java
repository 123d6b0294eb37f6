import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Checks or mends the format of all Java sources; the build runs it on the JDK that compiles.
///
/// Apart from Maven's own JVM, because google-java-format has to read the Java that we write, and
/// Maven may run on an older one.
///
/// Arguments: `check` or `apply`, then the root folder of the project.
final class FormatSources {
  private FormatSources() {}

  public static void main(String[] args) throws IOException {
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]);
    Formatter formatter = new Formatter();
    List<Path> wrong = new ArrayList<>();
    boolean failed = false;
    for (Path file : sources(root)) {
      String before = Files.readString(file).replace("\r\n", "\n");
      try {
        String after = formatter.formatSourceAndFixImports(before);
        if (!after.equals(before)) {
          wrong.add(root.relativize(file));
          if (apply) {
            Files.writeString(file, after);
          }
        }
      } catch (FormatterException e) {
        failed = true;
        System.err.println(root.relativize(file) + " cannot be formatted: " + e.getMessage());
      }
    }
    for (Path file : wrong) {
      System.err.println((apply ? "formatted  " : "not formatted  ") + file);
    }
    if (!wrong.isEmpty() && !apply) {
      System.err.println(wrong.size() + " files; mend them with: mvn -q -N initialize -Dformat");
      failed = true;
    }
    if (failed) {
      System.exit(1);
    }
  }

  /// The `.java` files of all modules and of the build itself, in order.
  private static List<Path> sources(Path root) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> folders = Files.list(root)) {
      for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
        String name = folder.getFileName().toString();
        if (name.equals("examples") || name.equals(".mvn")) {
          addJava(folder, found);
        } else if (!name.startsWith(".")) {
          addJava(folder.resolve("src"), found);
        }
      }
    }
    return found;
  }

  private static void addJava(Path folder, List<Path> found) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> inside = Files.walk(folder)) {
        inside.filter(file -> file.toString().endsWith(".java")).sorted().forEach(found::add);
      }
    }
  }
}
