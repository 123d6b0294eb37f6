package org.mneme.benchmarks.peers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mneme.bench.Sizes;

/// What the command line of `run memory` asks for.
///
/// @param cases names of cases
/// @param sizes `slots x valueDim` for all cases; empty for those that each case has
/// @param dtypes types of the products
/// @param modes ids of the peer's modes; empty for all
/// @param rounds timed rounds of each side
/// @param warmUp rounds of ours before the timed ones, for the JIT compiler
/// @param threads of each side
record Options(
    boolean json,
    List<String> cases,
    List<String> sizes,
    List<String> dtypes,
    List<String> modes,
    int rounds,
    int warmUp,
    int threads) {
  private static final Map<String, List<String>> SIZES =
      Map.of(
          "step", List.of("262144x768", "262144x256", "1048576x768", "1048576x256"),
          "search", List.of("262144x768"),
          "read", List.of("262144x768", "1048576x768"),
          "tableBackward", List.of("262144x768"));
  private static final Set<String> NAMES =
      Set.of("--cases", "--sizes", "--dtypes", "--modes", "--rounds", "--warm-up", "--threads");

  static Options parse(String... args) {
    boolean json = false;
    var values = new HashMap<String, String>();
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("--json")) {
        json = true;
      } else if (NAMES.contains(args[i]) && i + 1 < args.length) {
        values.put(args[i], args[++i]);
      } else {
        throw new IllegalArgumentException(
            args[i] + " is no option, or has no value; there are --json and " + NAMES);
      }
    }
    return new Options(
        json,
        list(values.getOrDefault("--cases", "step,search,read,tableBackward")),
        list(values.getOrDefault("--sizes", "")),
        list(values.getOrDefault("--dtypes", "float32")),
        list(values.getOrDefault("--modes", "")),
        Integer.parseInt(values.getOrDefault("--rounds", "15")),
        Integer.parseInt(values.getOrDefault("--warm-up", "20")),
        Integer.parseInt(values.getOrDefault("--threads", "2")));
  }

  private static List<String> list(String words) {
    return Arrays.stream(words.split(",")).filter(word -> !word.isBlank()).toList();
  }

  /// Everything that is to be run, in order.
  List<Shape> shapes() {
    List<Shape> shapes = new ArrayList<>();
    if (!Set.of("float32", "bfloat16").containsAll(dtypes)) {
      throw new IllegalArgumentException("--dtypes " + dtypes + "; there are float32 and bfloat16");
    }
    for (String name : cases) {
      if (!SIZES.containsKey(name)) {
        throw new IllegalArgumentException(name + " is no case; there are " + SIZES.keySet());
      }
      // only products are rounded, and only the whole step has products
      for (String dtype : name.equals("step") ? dtypes : List.of("float32")) {
        for (String size : sizes.isEmpty() ? SIZES.getOrDefault(name, List.of()) : sizes) {
          shapes.add(shape(name, size, dtype));
        }
      }
    }
    return shapes;
  }

  private static Shape shape(String name, String size, String dtype) {
    String[] parts = size.split("x");
    int slots = Integer.parseInt(parts[0]);
    Sizes sizes = new Sizes((int) Math.round(Math.sqrt(slots)), Integer.parseInt(parts[1]));
    if (sizes.slots() != slots) {
      throw new IllegalArgumentException(
          slots + " slots are no square; take " + sizes.slots() + " in --sizes");
    }
    return new Shape(name, sizes, dtype);
  }

  /// The peer's modes to run a case in.
  List<Mode> modes(Shape shape) {
    return Mode.of(shape).stream()
        .filter(mode -> modes.isEmpty() || modes.contains(mode.id()))
        .toList();
  }
}
