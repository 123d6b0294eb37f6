package org.mneme.app.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.SomeRun;
import org.mneme.run.RunFolder;
import org.mneme.run.RunLog;

/// The page as a browser without a window draws it: the one that `MNEME_BROWSER` names, else a
/// Chromium on the PATH.
class WatchPageTest {
  @TempDir Path temp;
  private String browser = "";

  @BeforeEach
  void findBrowser() {
    Optional<String> found =
        Stream.concat(
                Stream.ofNullable(System.getenv("MNEME_BROWSER")),
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .flatMap(name ->
                        Stream.of(System.getenv("PATH").split(File.pathSeparator))
                            .map(folder -> Path.of(folder, name).toString())))
            .filter(file -> Files.isExecutable(Path.of(file)))
            .findFirst();
    assumeTrue(found.isPresent(), "there is no Chromium; MNEME_BROWSER may name one");
    browser = found.orElseThrow();
  }

  /// The page after `millis` of its own time.
  private String dom(String address, int millis) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--user-data-dir=" + temp.resolve("browser"),
                "--window-size=1200,2000",
                "--virtual-time-budget=" + millis,
                "--dump-dom",
                address)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String dom = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    return dom;
  }

  private static List<Integer> numbers(String dom, String attribute) {
    List<Integer> numbers = new ArrayList<>();
    var matcher = Pattern.compile(attribute + "=\"(\\d+)\"").matcher(dom);
    while (matcher.find()) {
      numbers.add(Integer.valueOf(matcher.group(1)));
    }
    return numbers;
  }

  @Test
  void aFinishedRunIsDrawn() throws IOException, InterruptedException {
    SomeRun.finished(temp.resolve("runs").resolve("one"), 50, "{seed: 7}");
    try (WatchServer server = new WatchServer(List.of(temp.resolve("runs")), 0)) {
      String dom = dom(server.address().toString(), 3000);
      assertTrue(dom.contains("Finished after step 50"), dom);
      assertEquals(
          List.of(50, 50, 5), numbers(dom, "data-points").subList(0, 3), "losses, held out");
      assertTrue(dom.contains("layer 4, 128 slots"), dom);
      assertEquals(List.of(5), numbers(dom, "data-columns"), "windows");
      assertEquals(List.of(64), numbers(dom, "data-groups"));
      assertTrue(dom.contains("<dd>7</dd>"), dom);
      assertTrue(dom.contains("<section id=\"comparison\" hidden"), dom);
      assertTrue(dom.contains("<p class=\"byline\" id=\"byline\"></p>"), "no error");
    }
  }

  @Test
  void runsAreCompared() throws IOException, InterruptedException {
    SomeRun.finished(temp.resolve("runs").resolve("<b>one"), 50, "{rate: 0.125}");
    SomeRun.finished(temp.resolve("runs").resolve("two"), 30, "{rate: 0.25}");
    SomeRun.finished(temp.resolve("runs").resolve("three"), 30, "{rate: 0.5}");
    try (WatchServer server = new WatchServer(List.of(temp.resolve("runs")), 0)) {
      String dom = dom(server.address() + "?run=%3Cb%3Eone&run=two&x=tokens", 3000);
      assertTrue(dom.contains("3 runs: 3 finished."), dom);
      assertTrue(dom.contains("equal steps, 30"), dom);
      assertTrue(dom.contains(">0.125</td>") && dom.contains(">0.25</td>"), dom);
      assertFalse(dom.contains(">0.5</td>"), "not asked for");
      assertFalse(dom.contains("<b>one"), "names are text");
    }
  }

  @Test
  void aRunIsFollowedWhileItGrows() throws IOException, InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    try (RunFolder run = new RunFolder(temp.resolve("runs").resolve("one"));
        RunLog log = new RunLog(run, 0);
        WatchServer server = new WatchServer(List.of(temp.resolve("runs")), 0)) {
      log.stepped(SomeRun.step(1));
      Thread training =
          Thread.startVirtualThread(() -> {
            for (int step = 2; !over.get(); step++) {
              log.stepped(SomeRun.step(step));
              pause();
            }
          });
      String dom = dom(server.address().toString(), 30_000);
      over.set(true);
      training.join();
      assertTrue(dom.contains("Running: step"), dom);
      assertTrue(numbers(dom, "data-draws").getFirst() > 1, dom);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
