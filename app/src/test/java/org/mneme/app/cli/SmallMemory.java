package org.mneme.app.cli;

import java.util.ArrayList;
import java.util.List;

/// `mneme augment` with memories of 64 slots in both blocks of a tiny model.
final class SmallMemory {
  private SmallMemory() {}

  /// Writes `model` with memories to `out`, well or not.
  static CommandRun add(String model, String out, String... more) {
    List<String> args = new ArrayList<>(List.of("augment", model, "--layers", "0,1", "--out", out));
    args.addAll(List.of("--keys-per-side", "8", "--heads", "2", "--slots-per-head", "4"));
    args.addAll(List.of("--query-dim", "8"));
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }
}
