package org.mneme.run.estimate;

/// What the C library keeps beyond the tensors of a step, as a share of them.
///
/// glibc cuts a tensor, which begins at a multiple of 64 bytes, out of a larger block, and its
/// threads keep the ends for small blocks: the hole that is left when the tensor is freed is then
/// too small for another like it. The launcher turns those caches off, and holes close again.
final class CLibraryHeap {
  private static final double USUAL = 0.95;
  private static final double WITHOUT_CACHES = 0.25;

  private CLibraryHeap() {}

  static double kept() {
    String tunables = System.getenv("GLIBC_TUNABLES");
    boolean off = tunables != null && tunables.contains("tcache_count=0");
    return off ? WITHOUT_CACHES : USUAL;
  }
}
