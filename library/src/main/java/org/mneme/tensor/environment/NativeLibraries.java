package org.mneme.tensor.environment;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds libtorch's libraries: those that lie about on this machine, and those that are loaded.
final class NativeLibraries {
  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final Pattern TORCH =
      Pattern.compile("(lib)?(torch|c10)(_\\w+)?\\.(so|dylib|dll)(\\.[\\d.]+)?");
  private static final Pattern BLAS =
      Pattern.compile("lib(openblas|mkl_rt|blas|Accelerate)\\w*\\.(so|dylib)(\\.[\\d.]+)?");
  private static final List<String> SYSTEM_FOLDERS =
      List.of("/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/opt/libtorch/lib");
  private static final List<String> PATH_VARIABLES =
      List.of("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH");

  private NativeLibraries() {}

  /// The libtorch files in the folders that a loader of this system looks through.
  static List<Path> onDisk() {
    Set<Path> folders = new LinkedHashSet<>();
    for (String variable : PATH_VARIABLES) {
      addFolders(System.getenv().getOrDefault(variable, ""), folders);
    }
    addFolders(System.getProperty("java.library.path", ""), folders);
    for (String folder : SYSTEM_FOLDERS) {
      folders.add(Path.of(folder));
      try (Stream<Path> inside = Files.list(Path.of(folder))) {
        inside
            .filter(path -> path.getFileName().toString().endsWith("-linux-gnu"))
            .forEach(folders::add);
      } catch (IOException e) {
        // no such folder on this system
      }
    }
    return in(folders);
  }

  /// The libtorch files in `folders`, each once.
  static List<Path> in(Set<Path> folders) {
    Set<Path> files = new LinkedHashSet<>();
    for (Path folder : folders) {
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
        for (Path file : inside) {
          if (TORCH.matcher(file.getFileName().toString()).matches()) {
            files.add(file.toRealPath());
          }
        }
      } catch (IOException e) {
        // absent or not readable: no loader finds anything there either
      }
    }
    return files.stream().sorted().toList();
  }

  private static void addFolders(String searchPath, Set<Path> folders) {
    for (String folder : searchPath.split(Pattern.quote(File.pathSeparator))) {
      if (!folder.isBlank()) {
        folders.add(Path.of(folder).toAbsolutePath().normalize());
      }
    }
  }

  /// The files mapped into this process; empty where the system does not tell.
  static List<Path> loaded() {
    try {
      return Files.isReadable(MAPS) ? mapped(Files.readAllLines(MAPS)) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }

  /// The files that `lines` of a Linux memory map name, each once.
  static List<Path> mapped(List<String> lines) {
    Set<Path> files = new LinkedHashSet<>();
    for (String line : lines) {
      String[] fields = line.split(" +", 6); // range, permissions, offset, device, inode, path
      if (fields.length == 6 && fields[5].startsWith("/")) {
        files.add(Path.of(fields[5].strip()));
      }
    }
    return List.copyOf(files);
  }

  /// Those of `loaded` that are libtorch's and do not lie in `cache`.
  static List<Path> strangers(List<Path> loaded, Path cache) {
    Path own = real(cache);
    List<Path> strangers = new ArrayList<>();
    for (Path file : torch(loaded)) {
      if (!real(file).startsWith(own)) {
        strangers.add(file);
      }
    }
    return strangers;
  }

  /// Those of `loaded` that are libtorch's.
  static List<Path> torch(List<Path> loaded) {
    return loaded.stream()
        .filter(f -> TORCH.matcher(f.getFileName().toString()).matches())
        .toList();
  }

  /// Those of `loaded` that compute matrix products.
  static List<Path> blas(List<Path> loaded) {
    return loaded.stream().filter(f -> BLAS.matcher(f.getFileName().toString()).matches()).toList();
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path.toAbsolutePath().normalize();
    }
  }

  /// A library's name without `lib` and everything behind the first dot.
  static String shortName(Path library) {
    String name = library.getFileName().toString().toLowerCase(Locale.ROOT);
    int dot = name.indexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    return stem.startsWith("lib") ? stem.substring(3) : stem;
  }
}
