package org.mneme.memory.kernel;

import java.lang.foreign.ValueLayout;

/// From the gradients of the selected scores to those of the keys of one head and side, and of the
/// queries. A score is the product of a query with one key (of each side), so its gradient goes to
/// the few keys that were selected; those of one key add up in the order of the tokens.
///
/// @param slots address of this head's int32 slots: token t's begin `t * slotStride` further on
/// @param gradients address of this head's float32 gradients of scores, laid out as the slots
/// @param slotStride numbers from one token to the next in both
/// @param selected slots of a token
/// @param divisor the key of slot s is `s / divisor % keys`
/// @param keys number of keys
/// @param dim numbers of a key
/// @param queries address of float32 queries
/// @param queryGradients address of what is written, laid out as the queries
/// @param queryStride numbers from one token's query to the next
/// @param keyRows address of float32 `[keys, dim]`
/// @param keyGradients address of float32 `[keys, dim]`, zero at first
/// @param tokens how many
public record KeyGradient(
    long slots,
    long gradients,
    int slotStride,
    int selected,
    int divisor,
    int keys,
    int dim,
    long queries,
    long queryGradients,
    int queryStride,
    long keyRows,
    long keyGradients,
    int tokens) {

  /// The keys that one token selected, each once, with the sum of the gradients of its scores.
  static final class Selected {
    private final KeyGradient task;
    private final int[] places;
    final int[] keys;
    final float[] gradients;
    int count;

    Selected(KeyGradient task) {
      this.task = task;
      places = new int[task.keys];
      keys = new int[task.selected];
      gradients = new float[task.selected];
    }

    void load(int token) {
      for (int i = 0; i < count; i++) {
        places[keys[i]] = 0;
      }
      count = 0;
      long start = (long) token * task.slotStride;
      for (long read = start; read < start + task.selected; read++) {
        int slot = NativeMemory.ALL.get(ValueLayout.JAVA_INT, task.slots + read * Integer.BYTES);
        float gradient =
            NativeMemory.ALL.get(ValueLayout.JAVA_FLOAT, task.gradients + read * Float.BYTES);
        int key = slot / task.divisor % task.keys;
        int place = places[key];
        if (place == 0) {
          keys[count] = key;
          gradients[count++] = gradient;
          places[key] = count;
        } else {
          gradients[place - 1] += gradient;
        }
      }
    }
  }

  long query(int token) {
    return queries + (long) token * queryStride * Float.BYTES;
  }

  long queryGradient(int token) {
    return queryGradients + (long) token * queryStride * Float.BYTES;
  }

  long key(int index) {
    return keyRows + (long) index * dim * Float.BYTES;
  }

  long keyGradient(int index) {
    return keyGradients + (long) index * dim * Float.BYTES;
  }
}
