package org.mneme.bench;

import org.mneme.memory.KernelEngine;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.kernel.Kernels;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.Parallel;

/// See [Stage#stream].
final class StreamStage implements Stage {
  private static final int BLOCK = 4 << 20; // bytes

  private final Sizes sizes;
  private final Kernels kernels;
  private final LargeMemory memory;
  private final long bytes;

  StreamStage(Sizes sizes, MemoryEngine engine, Storage storage) {
    this.sizes = sizes;
    kernels = engine instanceof KernelEngine own ? own.kernels() : Kernels.plain();
    bytes = Stage.bytesRead(sizes, storage);
    memory = LargeMemory.allocate(bytes);
    memory.segment().fill((byte) 1);
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Round run() {
    var clock = new Round.Clock();
    int blocks = Math.toIntExact(Math.ceilDiv(bytes, BLOCK));
    long start = memory.segment().address();
    Parallel.run(
        blocks,
        1,
        NativeRuntime.threads(),
        (from, to) -> {
          for (long i = from; i < to; i++) {
            var unused =
                kernels.rows().stream(start + i * BLOCK, Math.min(BLOCK, bytes - i * BLOCK));
          }
        });
    clock.stage("stream");
    return clock.round();
  }

  @Override
  public void close() {
    memory.close();
  }
}
