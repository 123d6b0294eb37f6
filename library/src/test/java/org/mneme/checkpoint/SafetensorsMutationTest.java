package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;

/// Damaged files against the reader: it refuses exactly those that [StrictValidator] refuses, with
/// an error that names the file, and reads the others right.
@Timeout(120)
class SafetensorsMutationTest {
  /// With eight kinds of damage: 24,000 files in memory, 800 on disk.
  private static final int FILES_A_KIND = 3_000;

  private static final int FILES_ON_DISK_A_KIND = 100;

  @TempDir Path folder;

  private static List<byte[]> originals() throws IOException {
    List<byte[]> originals = new ArrayList<>();
    originals.add(RawSafetensors.everything());
    originals.add(RawSafetensors.everything());
    originals.add(Files.readAllBytes(GoldenFiles.filesOfKind("product_key_memory").getFirst()));
    return originals;
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedFileIsRefusedByNameUnlessItIsStillValid(Mutations.Kind kind, TestReporter reporter)
      throws IOException {
    Mutations mutations = new Mutations(kind.ordinal());
    List<byte[]> originals = originals();
    int valid = 0;
    for (int i = 0; i < FILES_A_KIND; i++) {
      byte[] damaged = mutations.damage(originals.get(i % originals.size()), kind);
      MemorySegment segment = MemorySegment.ofArray(damaged);
      valid +=
          judge(
                  damaged,
                  "damaged.safetensors",
                  () -> SafetensorsFile.over(segment, "damaged.safetensors"))
              ? 1
              : 0;
    }
    reporter.publishEntry(kind.name(), FILES_A_KIND + " files, of which still valid: " + valid);
    assertTrue(valid < FILES_A_KIND / 2, kind + " leaves " + valid + " files valid");
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedFileOnDiskIsRefusedByNameUnlessItIsStillValid(Mutations.Kind kind)
      throws IOException {
    Mutations mutations = new Mutations(1_000 + kind.ordinal());
    List<byte[]> originals = originals();
    Path path = folder.resolve("damaged.safetensors");
    for (int i = 0; i < FILES_ON_DISK_A_KIND; i++) {
      byte[] damaged = mutations.damage(originals.get(i % originals.size()), kind);
      Files.write(path, damaged);
      boolean unused = judge(damaged, path.toString(), () -> SafetensorsFile.open(path));
    }
  }

  @Test
  void theValidatorAcceptsTheOriginalsAndSomeDamageIsHarmless() throws IOException {
    for (byte[] original : originals()) {
      assertTrue(StrictValidator.judge(original).isPresent());
      assertTrue(
          judge(
              original,
              "original",
              () -> SafetensorsFile.over(MemorySegment.ofArray(original), "original")));
    }
    int valid = 0;
    Mutations mutations = new Mutations(7);
    for (int i = 0; i < 1_000; i++) {
      byte[] damaged = mutations.damage(RawSafetensors.everything(), Mutations.Kind.ENTRIES);
      valid += StrictValidator.judge(damaged).isPresent() ? 1 : 0;
    }
    assertTrue(valid > 50 && valid < 950, valid + " of 1000 files are valid");
  }

  /// Compares reader and validator on one file; returns whether it is valid.
  private static boolean judge(byte[] bytes, String name, Supplier<SafetensorsFile> open) {
    Optional<StrictValidator.Contents> expected = StrictValidator.judge(bytes);
    try (SafetensorsFile file = open.get()) {
      assertTrue(expected.isPresent(), () -> "read though it is invalid: " + shown(bytes));
      assertSame(expected.get(), file, bytes);
      return true;
    } catch (InvalidInputException e) {
      assertTrue(expected.isEmpty(), () -> e.getMessage() + " though it is valid: " + shown(bytes));
      assertEquals(InvalidInputException.Kind.WEIGHTS, e.kind());
      assertTrue(String.valueOf(e.getMessage()).startsWith(name + ": "), e.getMessage());
      return false;
    } catch (RuntimeException e) {
      throw new AssertionError(shown(bytes), e);
    }
  }

  private static void assertSame(
      StrictValidator.Contents expected, SafetensorsFile file, byte[] bytes) {
    assertEquals(expected.metadata(), file.metadata());
    assertEquals(expected.tensors().keySet(), file.entries().keySet());
    expected
        .tensors()
        .forEach((name, tensor) -> {
          var entry = file.entry(name);
          assertEquals(tensor.dtype(), entry.dtype().name());
          assertEquals(tensor.shape(), entry.shape());
          assertArrayEquals(
              Arrays.copyOfRange(bytes, (int) tensor.begin(), (int) tensor.end()),
              file.bytes(name).toArray(ValueLayout.JAVA_BYTE));
        });
  }

  private static String shown(byte[] bytes) {
    return HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 8))
        + " "
        + new String(
            bytes, 8, Math.max(0, Math.min(bytes.length - 8, 4_000)), StandardCharsets.UTF_8);
  }
}
