package org.mneme.evaluate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.mneme.memory.UsageReport;
import org.mneme.memory.UsageWindow;
import org.mneme.memory.UsageWindow.SlotShare;

/// What the memories of a model read while this is open, by block; for itself, apart from what else
/// is counted.
public final class MeasuredUse implements AutoCloseable {
  private final Map<Integer, UsageWindow> windows;

  MeasuredUse(Map<Integer, UsageWindow> windows) {
    this.windows = windows;
  }

  /// The use of each memory so far.
  public Map<Integer, UsageReport> reports() {
    return each(UsageWindow::report);
  }

  /// The `most` slots of each memory that got the most weight so far, the heaviest first.
  public Map<Integer, List<SlotShare>> heaviest(int most) {
    return each(window -> window.heaviest(most));
  }

  /// How often each slot of each memory was read so far, `[slots]`.
  public Map<Integer, double[]> reads() {
    return each(UsageWindow::reads);
  }

  /// The use of each memory without that of its heads.
  public Map<Integer, UsageReport> totals() {
    return each(UsageWindow::total);
  }

  private <T> Map<Integer, T> each(Function<UsageWindow, T> figure) {
    Map<Integer, T> figures = new LinkedHashMap<>();
    windows.forEach((block, window) -> figures.put(block, figure.apply(window)));
    return figures;
  }

  @Override
  public void close() {
    windows.values().forEach(UsageWindow::close);
  }
}
