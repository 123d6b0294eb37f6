package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProcessorsTest {
  private final Processors processors = Processors.allowed().orElse(null);

  @Test
  void aThreadKeepsOffTheProcessorThatItIsToldToLeave() {
    assumeTrue(processors != null, "only Linux tells processors");
    assumeTrue(
        Runtime.getRuntime().availableProcessors() > 1,
        "with a single processor there is no other to go to");
    int left =
        CompletableFuture.supplyAsync(
                () -> {
                  int before = processors.current();
                  assertTrue(before >= 0);
                  processors.keepAway(processors.threadId(), before);
                  for (int i = 0; i < 1000; i++) {
                    assertNotEquals(before, processors.current());
                    Thread.yield();
                  }
                  return before;
                },
                task -> Thread.ofPlatform().start(task))
            .join();
    assertTrue(left >= 0);
  }

  @Test
  void aThreadMayComeBackWhenItIsAllowedTo() throws IOException {
    assumeTrue(processors != null, "only Linux tells processors");
    assumeTrue(
        Runtime.getRuntime().availableProcessors() > 1,
        "with a single processor there is no other to go to");
    List<String> before = allowedLines();
    processors.keepAway(processors.threadId(), processors.current());
    assertNotEquals(before, allowedLines());
    processors.allow(processors.threadId());
    assertEquals(before, allowedLines());
  }

  private static List<String> allowedLines() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/thread-self/status"))) {
      return lines.filter(line -> line.startsWith("Cpus_allowed")).toList();
    }
  }

  @Test
  void whatCannotBeToldIsLeftAlone() {
    // only Linux tells processors
    assumeTrue(processors != null, "only Linux tells processors");
    processors.keepAway(-1, 0);
    processors.allow(-1);
    processors.keepAway(processors.threadId(), -1);
    processors.keepAway(processors.threadId(), 1 << 20);
    assertTrue(processors.current() >= 0);
  }

  @Test
  void blocksAreDoneOnceByWhoeverCallsAndHelps() {
    AtomicInteger[] done = new AtomicInteger[1000];
    Arrays.setAll(done, i -> new AtomicInteger());
    var threads = new ConcurrentLinkedQueue<String>();
    for (int round = 0; round < 20; round++) {
      Parallel.run(
          done.length,
          7,
          4,
          (from, to) -> {
            threads.add(Thread.currentThread().getName());
            for (int i = from; i < to; i++) {
              done[i].incrementAndGet();
            }
          });
    }
    for (AtomicInteger count : done) {
      assertEquals(20, count.get());
    }
    assertTrue(threads.contains(Thread.currentThread().getName()), "the caller works too");
  }
}
