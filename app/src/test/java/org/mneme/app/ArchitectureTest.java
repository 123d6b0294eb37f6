package org.mneme.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The code keeps to the table and the invariants of ARCHITECTURE.md.
class ArchitectureTest {
  private static final String ROOT = "org.mneme";
  private static final Pattern ROW = Pattern.compile("\\| `([a-z.]+)` \\|.*");
  private static final Set<String> WITHOUT_TENSORS =
      Set.of("text", "metric", "data", "report", "app");

  private static List<String> table = List.of();
  private static JavaClasses classes = new ClassFileImporter().importClasses();

  @BeforeAll
  static void readTableAndClasses() throws IOException {
    table =
        Files.readAllLines(Path.of(System.getProperty("project.root"), "ARCHITECTURE.md")).stream()
            .map(ROW::matcher)
            .filter(Matcher::matches)
            .map(row -> row.group(1))
            .toList();
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);
  }

  @Test
  void theTableAndTheClassesWereFound() {
    assertEquals(ROOT, table.getFirst());
    assertTrue(table.contains("memory"), "rows " + table);
    assertTrue(classes.contain("org.mneme.tensor.NativeRuntime"));
    assertTrue(classes.contain("org.mneme.app.cli.Main"));
  }

  @Test
  void everyPackageStandsInTheTable() {
    assertNone(
        classes.stream()
            .map(ArchitectureTest::row)
            .distinct()
            .filter(row -> !table.contains(row))
            .map(row -> row + " has no row in ARCHITECTURE.md"));
  }

  @Test
  void packagesUseOnlyThoseAboveThem() {
    assertNone(
        dependencies(dependency -> {
          JavaClass target = dependency.getTargetClass();
          return target.getPackageName().startsWith(ROOT)
              && table.indexOf(row(target)) > table.indexOf(row(dependency.getOriginClass()));
        }));
  }

  @Test
  void libtorchStaysOutOfPackagesWithoutTensors() {
    assertNone(
        dependencies(dependency ->
            uses(dependency, "org.bytedeco")
                && WITHOUT_TENSORS.contains(row(dependency.getOriginClass()))));
  }

  @Test
  void libtorchStaysOutOfConfigurations() {
    assertNone(
        dependencies(dependency ->
            uses(dependency, "org.bytedeco")
                && dependency.getOriginClass().isRecord()
                && dependency.getOriginClass().getSimpleName().endsWith("Config")));
  }

  @Test
  void picocliStaysInTheApp() {
    assertNone(
        dependencies(dependency ->
            uses(dependency, "picocli") && !row(dependency.getOriginClass()).equals("app")));
  }

  @Test
  void theVectorApiStaysInTheKernel() {
    assertNone(
        dependencies(dependency ->
            uses(dependency, "jdk.incubator.vector")
                && !isIn(dependency.getOriginClass(), "org.mneme.memory.kernel")));
  }

  /// The row of the table that a class belongs to: its first package below the root.
  private static String row(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? ROOT : name.substring(ROOT.length() + 1).replaceFirst("\\..*", "");
  }

  private static boolean uses(Dependency dependency, String library) {
    return isIn(dependency.getTargetClass().getBaseComponentType(), library);
  }

  private static boolean isIn(JavaClass type, String parent) {
    return (type.getPackageName() + ".").startsWith(parent + ".");
  }

  private static Stream<String> dependencies(Predicate<Dependency> forbidden) {
    return classes.stream()
        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
        .filter(forbidden)
        .map(Dependency::getDescription);
  }

  private static void assertNone(Stream<String> violations) {
    List<String> found = violations.sorted().toList();
    assertTrue(found.isEmpty(), () -> String.join("\n", found));
  }
}
