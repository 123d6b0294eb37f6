package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.mneme.app.TinyFolder;

/// The programs in `examples` compile, and do what they say.
@ResourceLock(Resources.SYSTEM_OUT)
class ExamplesTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("project.root"), "examples");

  @TempDir private static Path temp;
  private static Path classes = Path.of("");
  private static String model = "";
  private static String text = "";

  @BeforeAll
  static void compile() throws IOException {
    model = TinyFolder.model(temp.resolve("model")).toString();
    text = TinyFolder.text(temp.resolve("text.txt"), 60, 1).toString();
    classes = Files.createDirectory(temp.resolve("classes"));
    var compiler = ToolProvider.getSystemJavaCompiler();
    var complaints = new StringWriter();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      String path = System.getProperty("java.class.path");
      List<String> options = List.of("-d", classes.toString(), "-cp", path, "-Xlint", "-Werror");
      var sources = files.getJavaFileObjectsFromPaths(examples());
      assertTrue(
          compiler.getTask(complaints, files, null, options, null, sources).call(),
          complaints::toString);
    }
  }

  private static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  /// What an example prints.
  private static String run(String name, String... args) throws Exception {
    PrintStream before = System.out;
    var printed = new ByteArrayOutputStream();
    try (var loader = new URLClassLoader(new URL[] {classes.toUri().toURL()});
        var out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) args);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theTestsKnowEveryExampleAndEachFitsAPage() throws IOException {
    Set<String> names =
        examples().stream().map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    assertEquals(
        Set.of("EmbedTexts.java", "TrainFromSettings.java", "AddMemory.java", "ReadRun.java"),
        names);
    for (Path example : examples()) {
      assertTrue(Files.readAllLines(example).size() < 65, example + " is too long");
    }
  }

  @Test
  void textsBecomeVectors() throws Exception {
    String printed = run("EmbedTexts", model, text);
    assertTrue(printed.startsWith("60 texts, 16 numbers each"), printed);
    assertTrue(printed.contains("nearest to  the "), printed);
  }

  @Test
  void settingsTrainAModelThatCanBeUsed() throws Exception {
    String out = temp.resolve("trained").toString();
    String printed = run("TrainFromSettings", TinyFolder.resources().toString(), text, out);
    assertTrue(printed.contains("step 20 loss "), printed);
    assertTrue(printed.contains("20 steps, "), printed);
    assertEquals(0, CommandRun.of("evaluate", "--model", out, "--text", text).exitCode());
  }

  @Test
  void aMemoryIsAddedAndItsUseShown() throws Exception {
    Path out = temp.resolve("augmented");
    String printed = run("AddMemory", model, text, out.toString());
    assertTrue(printed.startsWith("block 1: "), printed);
    assertTrue(printed.contains(" of 4096 slots"), printed);
    assertTrue(TinyFolder.read(out.resolve("config.json")).contains("\"memory\""));
  }

  @Test
  void aRunIsRead() throws Exception {
    Path folder = temp.resolve("run");
    CommandRun trained =
        CommandRun.of(
            "train",
            "masked-head",
            "--set=model.path=" + model,
            "--set=data.train=" + text,
            "--set=data.dev=" + text,
            "--set=data.cache=" + temp.resolve("tokens"),
            "--set=data.batches={tokensPerBatch: 160, maxLength: 32}",
            "--set=train.stop={steps: 4, minutes: 0}",
            "--set=train.evaluateEvery=2",
            "--set=checkpoint.everySteps=2",
            "--out=" + folder);
    assertEquals(0, trained.exitCode(), trained.err());
    String printed = run("ReadRun", folder.toString());
    assertTrue(printed.startsWith("run is finished"), printed);
    assertTrue(printed.contains("learning rate 5e-4"), printed);
    assertTrue(printed.contains("held out after step 2: loss "), printed);
    assertTrue(printed.contains("step-00000004: "), printed);
    assertTrue(printed.contains("can be taken up after step 4"), printed);
  }
}
