package org.mneme.train;

import java.util.Map;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.ValueTable;
import org.mneme.model.ModelWithHead;

/// An objective of a model with a head, which says all that does not depend on what is learnt.
interface ModelObjective extends Objective {
  /// What is trained; not owned.
  ModelWithHead model();

  @Override
  default boolean divisible() {
    return model().divisible();
  }

  @Override
  default void recompute(boolean recomputes) {
    model().base().recompute(recomputes);
  }

  @Override
  default void beginStep(long seed) {
    model().base().beginStep(seed);
  }

  @Override
  default void secondPhase() {
    model().base().runAllBlocks();
  }

  @Override
  default Map<String, ValueTable> tables() {
    return model().base().tables();
  }

  @Override
  default Map<String, SparseMemory> memories() {
    return model().base().sparseMemoriesByName();
  }
}
