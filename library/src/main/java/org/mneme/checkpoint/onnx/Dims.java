package org.mneme.checkpoint.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The sizes of a value, none negative, whose product is at most [#MAX_COUNT].
final class Dims {
  /// Larger values are none that a probe of a few tokens can meet.
  static final long MAX_COUNT = 1L << 40;

  private final long[] sizes;

  private Dims(long[] sizes) {
    this.sizes = sizes;
  }

  /// Sizes that are known to be sound.
  static Dims of(long... sizes) {
    return new Dims(sizes.clone());
  }

  /// Those sizes, absent where one is negative or their product too large.
  static Optional<Dims> checked(long... sizes) {
    long count = 1;
    for (long size : sizes) {
      if (size < 0 || (size > 0 && count > MAX_COUNT / size)) {
        return Optional.empty();
      }
      count *= size;
    }
    return Optional.of(of(sizes));
  }

  /// Those sizes, absent where one is negative or their product too large.
  static Optional<Dims> of(List<Long> sizes) {
    return checked(sizes.stream().mapToLong(Long::longValue).toArray());
  }

  /// How many sizes there are.
  int rank() {
    return sizes.length;
  }

  /// The size along `axis`, which may count from the end as -1, -2, ...
  long size(int axis) {
    return sizes[axis < 0 ? axis + sizes.length : axis];
  }

  /// The product of the sizes.
  long count() {
    long count = 1;
    for (long size : sizes) {
      count *= size;
    }
    return count;
  }

  /// The axis that `axis` means, which may count from the end; absent where there is none.
  Optional<Integer> axis(long axis) {
    long from = axis < 0 ? axis + sizes.length : axis;
    return from >= 0 && from < sizes.length ? Optional.of((int) from) : Optional.empty();
  }

  /// A copy of the sizes.
  long[] toArray() {
    return sizes.clone();
  }

  /// Elements between neighbours along each axis.
  long[] strides() {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= sizes[axis];
    }
    return strides;
  }

  /// The sizes to which both stretch, as numpy broadcasts; absent where they do not fit.
  Optional<Dims> stretched(Dims other) {
    long[] joint = new long[Math.max(sizes.length, other.sizes.length)];
    for (int back = 1; back <= joint.length; back++) {
      long left = back <= sizes.length ? sizes[sizes.length - back] : 1;
      long right = back <= other.sizes.length ? other.sizes[other.sizes.length - back] : 1;
      if (left != right && left != 1 && right != 1) {
        return Optional.empty();
      }
      joint[joint.length - back] = left == 1 ? right : left;
    }
    return checked(joint);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Dims dims && Arrays.equals(sizes, dims.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
