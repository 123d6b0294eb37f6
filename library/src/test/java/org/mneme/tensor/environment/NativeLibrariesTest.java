package org.mneme.tensor.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  private static final List<String> MAPS =
      List.of(
          "7f00-7f10 r-xp 00000000 fd:00 12   /home/me/.javacpp/cache/p.jar/x/libtorch_cpu.so",
          "7f10-7f20 r--p 00010000 fd:00 12   /home/me/.javacpp/cache/p.jar/x/libtorch_cpu.so",
          "7f20-7f30 r-xp 00000000 fd:00 13   /usr/lib/x86_64-linux-gnu/libc10.so.2.6",
          "7f30-7f40 r-xp 00000000 fd:00 14   /usr/lib/x86_64-linux-gnu/libc.so.6",
          "7f40-7f50 rw-p 00000000 00:00 0 ",
          "7f50-7f60 rw-p 00000000 00:00 0                          [stack]");

  @Test
  void mappedFilesAreNamedOnce() {
    assertEquals(
        List.of(
            Path.of("/home/me/.javacpp/cache/p.jar/x/libtorch_cpu.so"),
            Path.of("/usr/lib/x86_64-linux-gnu/libc10.so.2.6"),
            Path.of("/usr/lib/x86_64-linux-gnu/libc.so.6")),
        NativeLibraries.mapped(MAPS));
  }

  @Test
  void torchFromOutsideTheCacheIsAStranger() {
    assertEquals(
        List.of(Path.of("/usr/lib/x86_64-linux-gnu/libc10.so.2.6")),
        NativeLibraries.strangers(
            NativeLibraries.mapped(MAPS), Path.of("/home/me/.javacpp/cache")));
  }

  @Test
  void onlyTorchsOwnNamesAreFound(@TempDir Path folder) throws IOException {
    for (String name :
        List.of(
            "libtorch.so",
            "libtorch_cpu.so.2.6",
            "libc10_cuda.so",
            "c10.dll",
            "libc.so.6",
            "libtorchlight.txt",
            "libopenblas.so.0")) {
      Files.createFile(folder.resolve(name));
    }
    assertEquals(
        List.of("c10.dll", "libc10_cuda.so", "libtorch.so", "libtorch_cpu.so.2.6"),
        NativeLibraries.in(Set.of(folder, folder.resolve("absent"))).stream()
            .map(file -> file.getFileName().toString())
            .toList());
  }
}
