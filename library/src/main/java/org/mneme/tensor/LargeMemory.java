package org.mneme.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;

/// Memory for tables of gigabytes, outside the Java heap and libtorch's, zero at first, until
/// [#close()].
public final class LargeMemory implements AutoCloseable {
  private final Arena arena;
  private final MemorySegment segment;

  private LargeMemory(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /// Anonymous memory. Untouched pages of it cost nothing where the system gives them lazily.
  public static LargeMemory allocate(long bytes) {
    Arena arena = Arena.ofShared();
    return new LargeMemory(arena, ZeroPages.allocate(bytes, arena));
  }

  /// The content of a file, made as long as need be: changes go to the file, and what does not fit
  /// into the machine's memory stays on the disk.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT when there is no such folder, or the system
  ///   does not map the file
  public static LargeMemory map(Path file, long bytes) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      if (System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux") && bytes > 0) {
        MemoryAdvice.AT_RANDOM.give(mapped.address(), bytes);
      }
      return new LargeMemory(arena, mapped);
    } catch (IOException e) {
      arena.close();
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          file.toString(),
          file + " cannot be mapped as a table: " + remedy(file, e),
          e);
    }
  }

  /// Zeros in a file of that folder, which has no name and is gone when nobody uses it any more.
  public static LargeMemory inFolder(Path folder, long bytes) {
    try {
      Path file = Files.createTempFile(folder, "table", ".mneme-tmp");
      LargeMemory memory = map(file, bytes);
      if (!file.toFile().delete()) { // on Windows not while it is mapped
        file.toFile().deleteOnExit();
      }
      return memory;
    } catch (IOException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          folder.toString(),
          "no table can be made in " + folder + ": " + remedy(folder.resolve("table"), e),
          e);
    }
  }

  private static String remedy(Path file, IOException problem) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      return "the folder " + folder + " is missing; make it";
    }
    return Files.isDirectory(file)
        ? "it is a folder; name a file in it"
        : problem.getMessage() + "; take a file on a disk with room that can be written";
  }

  /// The memory, valid until [#close()].
  public MemorySegment segment() {
    return segment;
  }

  /// The memory as a tensor of that shape, without a copy, in the enclosing scope. Not to be used
  /// after [#close()].
  public Tensor tensor(torch.ScalarType type, long... shape) {
    NativeRuntime.start();
    return torch.from_blob(new Address(segment.address()), shape, new TensorOptions(type));
  }

  @Override
  public void close() {
    arena.close();
  }

  /// An address that libtorch takes.
  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }
}
