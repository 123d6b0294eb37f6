package org.mneme.checkpoint.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What the operators that only move elements about make of a value.
final class ProbeLayout {
  private final OnnxNode node;
  private final List<Optional<ProbeValue>> inputs;
  private final ProbeValue value;

  ProbeLayout(OnnxNode node, List<Optional<ProbeValue>> inputs, ProbeValue value) {
    this.node = node;
    this.inputs = inputs;
    this.value = value;
  }

  /// The first output, absent where nothing is known of it.
  Optional<ProbeValue> result() {
    return switch (node.opType()) {
      case "Expand" -> expand();
      case "Reshape" -> reshape();
      case "Flatten" -> flatten();
      case "Squeeze" -> squeeze();
      case "Unsqueeze" -> unsqueeze();
      case "Transpose" -> transpose();
      case "Slice" -> slice();
      case "Gather" -> gather();
      case "GatherElements" -> gatherElements();
      default -> Optional.empty();
    };
  }

  private Optional<ProbeValue> input(int index) {
    return index < inputs.size() ? inputs.get(index) : Optional.empty();
  }

  private Optional<ProbeValue> expand() {
    Optional<Dims> asked = input(1).flatMap(ProbeValue::longs).flatMap(Dims::checked);
    return asked
        .flatMap(value.dims()::stretched)
        .map(target ->
            target.count() > ProbeValue.MAX_ELEMENTS
                ? ProbeValue.sized(target)
                : new ProbeValue(target, value.view(target), value.whole()));
  }

  private Optional<ProbeValue> reshape() {
    Optional<long[]> asked = input(1).flatMap(ProbeValue::longs);
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    Dims own = value.dims();
    long[] sizes = asked.get();
    long known = 1;
    int open = -1;
    for (int axis = 0; axis < sizes.length; axis++) {
      if (sizes[axis] == 0 && node.whole("allowzero", 0) == 0 && axis < own.rank()) {
        sizes[axis] = own.size(axis);
      }
      if (sizes[axis] < 0) {
        open = axis;
      } else if (sizes[axis] > 0 && known <= Dims.MAX_COUNT / sizes[axis]) {
        known *= sizes[axis];
      }
    }
    if (open >= 0) {
      sizes[open] = own.count() / known;
    }
    return Dims.checked(sizes).flatMap(target -> resized(target));
  }

  private Optional<ProbeValue> resized(Dims target) {
    return target.count() == value.dims().count()
        ? Optional.of(new ProbeValue(target, value.elements(), value.whole()))
        : Optional.empty();
  }

  private Optional<ProbeValue> flatten() {
    long axis = node.whole("axis", 1);
    long before = 1;
    for (int i = 0; i < Math.min(axis, value.dims().rank()); i++) {
      before *= value.dims().size(i);
    }
    return before == 0 ? Optional.empty() : resized(Dims.of(before, value.dims().count() / before));
  }

  /// The axes of the node: a setting before opset 13 or 18, an input since; absent where they are
  /// not known.
  private Optional<long[]> axes() {
    Optional<long[]> setting =
        node.wholes("axes").map(axes -> axes.stream().mapToLong(Long::longValue).toArray());
    return setting.or(() -> input(1).flatMap(ProbeValue::longs));
  }

  private Optional<ProbeValue> squeeze() {
    boolean[] gone = new boolean[value.dims().rank()];
    boolean all = axes().isEmpty() && node.input(1).isEmpty();
    for (int axis = 0; axis < gone.length; axis++) {
      gone[axis] = all && value.dims().size(axis) == 1;
    }
    if (!all) {
      Optional<long[]> axes = axes();
      if (axes.isEmpty()) {
        return Optional.empty();
      }
      for (long axis : axes.get()) {
        value.dims().axis(axis).ifPresent(index -> gone[index] = true);
      }
    }
    long[] sizes = value.dims().toArray();
    int rank = 0;
    for (int axis = 0; axis < gone.length; axis++) {
      if (!gone[axis]) {
        sizes[rank++] = sizes[axis];
      }
    }
    return resized(Dims.of(Arrays.copyOf(sizes, rank)));
  }

  private Optional<ProbeValue> unsqueeze() {
    Optional<long[]> axes = axes();
    if (axes.isEmpty() || axes.get().length > 8) {
      return Optional.empty();
    }
    int rank = value.dims().rank() + axes.get().length;
    boolean[] fresh = new boolean[rank];
    for (long axis : axes.get()) {
      long index = axis < 0 ? axis + rank : axis;
      if (index < 0 || index >= rank || fresh[(int) index]) {
        return Optional.empty();
      }
      fresh[(int) index] = true;
    }
    long[] sizes = new long[rank];
    int from = 0;
    for (int axis = 0; axis < rank; axis++) {
      sizes[axis] = fresh[axis] ? 1 : value.dims().size(from++);
    }
    return resized(Dims.of(sizes));
  }

  private Optional<ProbeValue> transpose() {
    int rank = value.dims().rank();
    long[] own = value.dims().strides();
    long[] sizes = new long[rank];
    long[] strides = new long[rank];
    Optional<List<Long>> order = node.wholes("perm");
    if (order.isPresent() && order.get().size() != rank) {
      return Optional.empty();
    }
    for (int axis = 0; axis < rank; axis++) {
      Optional<Integer> from =
          value.dims().axis(order.isPresent() ? order.get().get(axis) : rank - 1L - axis);
      if (from.isEmpty()) {
        return Optional.empty();
      }
      sizes[axis] = value.dims().size(from.get());
      strides[axis] = own[from.get()];
    }
    return Dims.checked(sizes)
        .filter(target -> target.count() == value.dims().count())
        .map(target ->
            new ProbeValue(
                target,
                value.elements().map(known -> ProbeValue.strided(known, target, strides, 0)),
                value.whole()));
  }

  private Optional<ProbeValue> slice() {
    Optional<long[]> starts = numbers("starts", 1);
    Optional<long[]> ends = numbers("ends", 2);
    int count = starts.map(found -> found.length).orElse(0);
    long[] all = new long[count];
    Arrays.setAll(all, i -> i);
    long[] ones = new long[count];
    Arrays.fill(ones, 1);
    Optional<long[]> axes = numbers("axes", 3, all);
    Optional<long[]> steps = numbers("steps", 4, ones);
    if (count == 0
        || ends.isEmpty()
        || axes.isEmpty()
        || steps.isEmpty()
        || ends.get().length != count
        || axes.get().length != count
        || !Arrays.equals(steps.get(), ones)) {
      return Optional.empty();
    }
    long[] sizes = value.dims().toArray();
    long[] strides = value.dims().strides();
    long offset = 0;
    for (int i = 0; i < count; i++) {
      Optional<Integer> axis = value.dims().axis(axes.get()[i]);
      if (axis.isEmpty()) {
        return Optional.empty();
      }
      long size = value.dims().size(axis.get());
      long start = starts.orElseThrow()[i];
      long end = ends.get()[i];
      long from = Math.clamp(start < 0 ? start + size : start, 0, size);
      long to = Math.clamp(end < 0 ? end + size : end, from, size);
      sizes[axis.get()] = to - from;
      offset += from * strides[axis.get()];
    }
    Dims target = Dims.of(sizes);
    long first = offset;
    return Optional.of(
        new ProbeValue(
            target,
            value.elements().map(known -> ProbeValue.strided(known, target, strides, first)),
            value.whole()));
  }

  /// Settings before opset 10, inputs since; absent where they are not known.
  private Optional<long[]> numbers(String setting, int index) {
    return node.wholes(setting)
        .map(list -> list.stream().mapToLong(Long::longValue).toArray())
        .or(() -> input(index).flatMap(ProbeValue::longs));
  }

  private Optional<long[]> numbers(String setting, int index, long[] otherwise) {
    boolean given = node.attributes().containsKey(setting) || !node.input(index).isEmpty();
    return given ? numbers(setting, index) : Optional.of(otherwise);
  }

  /// Rows of a table, or single sizes out of a shape.
  private Optional<ProbeValue> gather() {
    Optional<Integer> axis = value.dims().axis(node.whole("axis", 0));
    if (axis.isEmpty() || input(1).isEmpty()) {
      return Optional.empty();
    }
    ProbeValue index = input(1).get();
    long[] own = value.dims().toArray();
    long[] sizes = new long[own.length - 1 + index.dims().rank()];
    System.arraycopy(own, 0, sizes, 0, axis.get());
    System.arraycopy(index.dims().toArray(), 0, sizes, axis.get(), index.dims().rank());
    System.arraycopy(
        own, axis.get() + 1, sizes, axis.get() + index.dims().rank(), own.length - 1 - axis.get());
    Optional<Dims> target = Dims.checked(sizes);
    if (target.isEmpty()
        || own.length != 1
        || value.elements().isEmpty()
        || index.elements().isEmpty()) {
      return target.map(ProbeValue::sized);
    }
    double[] known = value.elements().get();
    double[] results = new double[index.elements().get().length];
    for (int i = 0; i < results.length; i++) {
      double at = index.elements().get()[i];
      double from = at < 0 ? at + known.length : at;
      if (!(from >= 0 && from < known.length)) {
        return target.map(ProbeValue::sized);
      }
      results[i] = known[(int) from];
    }
    return Optional.of(ProbeValue.of(target.get(), results, value.whole()));
  }

  /// For each place of the index the element at that place, but along one axis at the index.
  private Optional<ProbeValue> gatherElements() {
    Optional<Integer> axis = value.dims().axis(node.whole("axis", 0));
    if (axis.isEmpty()
        || input(1).isEmpty()
        || input(1).get().dims().rank() != value.dims().rank()) {
      return Optional.empty();
    }
    ProbeValue index = input(1).get();
    if (value.elements().isEmpty() || index.elements().isEmpty()) {
      return Optional.of(ProbeValue.sized(index.dims()));
    }
    double[] places = index.elements().get();
    double[] known = value.elements().get();
    long[] own = value.dims().strides();
    long[] strides = index.dims().strides();
    double[] results = new double[places.length];
    for (int i = 0; i < results.length; i++) {
      long at = 0;
      long rest = i;
      for (int k = 0; k < own.length; k++) {
        long place = rest / strides[k];
        rest %= strides[k];
        double chosen = places[i] < 0 ? places[i] + value.dims().size(k) : places[i];
        place = k == axis.get() ? (long) chosen : place;
        if (place < 0 || place >= value.dims().size(k)) {
          return Optional.of(ProbeValue.sized(index.dims()));
        }
        at += place * own[k];
      }
      results[i] = known[(int) at];
    }
    return Optional.of(ProbeValue.of(index.dims(), results, value.whole()));
  }
}
