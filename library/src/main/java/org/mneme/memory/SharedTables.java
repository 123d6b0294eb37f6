package org.mneme.memory;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Shapes;

/// The tables that several layers of one model have in common, by the names that their
/// configurations give ([Table#shared()]). Made with the model and handed to its layers: the first
/// makes a table, the others get it, and their names for it become aliases, so that it is saved
/// once.
///
/// Owns nothing: tables are parameters. Not thread-safe.
public final class SharedTables {
  private final Map<String, Named> tables = new LinkedHashMap<>();

  /// A table and the full name of its parameter.
  record Named(String name, ValueTable table) {}

  /// The table `name` of a layer, `[slots, dim]`.
  Named table(
      SparseMemoryConfig config, InitialWeights weights, String name, ValueInit init, int dim) {
    Table settings = config.table();
    if (!settings.isShared()) {
      return create(config, weights, name, init, dim);
    }
    String key = settings.shared() + " " + name;
    Named first = tables.get(key);
    if (first == null) {
      Named made = create(config, weights, name, init, dim);
      tables.put(key, made);
      return made;
    }
    requireShape(first, settings, config.slots(), dim);
    var unused = weights.parameters().tie(weights.prefix() + name, first.name());
    return first;
  }

  private static Named create(
      SparseMemoryConfig config, InitialWeights weights, String name, ValueInit init, int dim) {
    ValueTable table = weights.table(name, init, config.slots(), dim, config.table().type());
    return new Named(weights.prefix() + name, table);
  }

  private static void requireShape(Named first, Table settings, int slots, int dim) {
    long[] shape = Shapes.of(first.table().values());
    if (shape[0] != slots || shape[1] != dim) {
      throw InvalidInputException.config(
          "memory.sharedTable",
          "the table \"%s\" has %d slots of %d and cannot have %d of %d too; take another name"
              .formatted(settings.shared(), shape[0], shape[1], slots, dim));
    }
  }
}
