package org.mneme.checkpoint.onnx;

import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/// What is known of one value of the graph: its sizes and, where it is small, its elements.
///
/// @param elements row after row, shared and never written; absent where only the sizes are known
/// @param whole whether the elements are whole numbers, so that a division cuts the rest off
record ProbeValue(Dims dims, Optional<double[]> elements, boolean whole) {
  /// Elements of more values than this are not computed; 512 positions and all shapes are far
  /// below.
  static final long MAX_ELEMENTS = 1 << 14;

  /// A value of which only the sizes are known.
  static ProbeValue sized(Dims dims) {
    return new ProbeValue(dims, Optional.empty(), false);
  }

  /// A value of which all is known.
  static ProbeValue of(Dims dims, double[] elements, boolean whole) {
    return new ProbeValue(dims, Optional.of(elements), whole);
  }

  /// One number.
  static ProbeValue scalar(double number, boolean whole) {
    return of(Dims.of(), new double[] {number}, whole);
  }

  /// A constant of the graph.
  static ProbeValue of(OnnxTensor tensor) {
    Optional<Dims> dims = Dims.of(tensor.dims());
    if (dims.isEmpty() || tensor.count() > MAX_ELEMENTS || tensor.type() == OnnxType.OTHER) {
      return sized(dims.orElse(Dims.of(0)));
    }
    double[] elements = new double[(int) tensor.count()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = tensor.element(i);
    }
    return of(dims.get(), elements, !tensor.type().isReal());
  }

  /// The elements as whole numbers, absent where they are not known.
  Optional<long[]> longs() {
    return elements.map(known -> {
      long[] longs = new long[known.length];
      for (int i = 0; i < longs.length; i++) {
        longs[i] = (long) known[i];
      }
      return longs;
    });
  }

  /// The number, where it is one and known.
  Optional<Double> number() {
    return elements.filter(known -> known.length == 1).map(known -> known[0]);
  }

  /// Every element through `function`.
  ProbeValue map(DoubleUnaryOperator function, boolean isWhole) {
    return new ProbeValue(
        dims,
        elements.map(known -> {
          double[] results = new double[known.length];
          for (int i = 0; i < results.length; i++) {
            results[i] = function.applyAsDouble(known[i]);
          }
          return results;
        }),
        isWhole);
  }

  /// Both values, stretched to one another, through `function`; absent where their sizes do not
  /// fit.
  Optional<ProbeValue> combine(ProbeValue other, DoubleBinaryOperator function, boolean isWhole) {
    Optional<Dims> joint = dims.stretched(other.dims);
    if (joint.isEmpty()
        || elements.isEmpty()
        || other.elements.isEmpty()
        || joint.get().count() > MAX_ELEMENTS) {
      return joint.map(ProbeValue::sized);
    }
    double[] left = view(joint.get()).orElseThrow();
    double[] right = other.view(joint.get()).orElseThrow();
    double[] results = new double[left.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = function.applyAsDouble(left[i], right[i]);
    }
    return Optional.of(of(joint.get(), results, isWhole));
  }

  /// The elements stretched to `target`, to which these sizes must stretch; absent where they are
  /// not known.
  Optional<double[]> view(Dims target) {
    long[] own = dims.strides();
    long[] strides = new long[target.rank()];
    int shift = target.rank() - dims.rank();
    for (int axis = 0; axis < dims.rank(); axis++) {
      strides[axis + shift] = dims.size(axis) == 1 ? 0 : own[axis];
    }
    return elements.map(known -> strided(known, target, strides, 0));
  }

  /// The elements of `known` at `offset + index . strides` for every index below `target`.
  static double[] strided(double[] known, Dims target, long[] strides, long offset) {
    double[] results = new double[(int) target.count()];
    long[] index = new long[target.rank()];
    for (int i = 0; i < results.length; i++) {
      long at = offset;
      for (int axis = 0; axis < index.length; axis++) {
        at += index[axis] * strides[axis];
      }
      results[i] = known[(int) at];
      for (int axis = index.length - 1; axis >= 0 && ++index[axis] == target.size(axis); axis--) {
        index[axis] = 0;
      }
    }
    return results;
  }
}
