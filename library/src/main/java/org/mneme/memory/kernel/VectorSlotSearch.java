package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.mneme.memory.kernel.SearchBounds.INTS;
import static org.mneme.memory.kernel.SearchBounds.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/// [SlotSearch] with the Vector API.
public final class VectorSlotSearch implements SlotSearch {
  private @Nullable Space space;

  @Override
  public void product(Task task, int from, int to) {
    Space own = space(task);
    int heads = task.heads();
    for (int head = 0; head < heads; head++) { // rows of one head lie side by side
      int end = firstToken(to, head, heads);
      for (int token = firstToken(from, head, heads); token < end; token++) {
        long row = 2L * head * task.tokens() + token;
        own.sortRow(address(task, row), own.left);
        own.sortRow(address(task, row + task.tokens()), own.right);
        own.sortPairs();
        write(own.best, task, token * heads + head);
      }
    }
  }

  @Override
  public void flat(Task task, int from, int to) {
    Space own = space(task);
    int heads = task.heads();
    for (int head = 0; head < heads; head++) {
      int end = firstToken(to, head, heads);
      for (int token = firstToken(from, head, heads); token < end; token++) {
        own.sortRow(address(task, (long) head * task.tokens() + token), own.best);
        write(own.best, task, token * heads + head);
      }
    }
  }

  /// The first token whose query of this head is not before `query`.
  private static int firstToken(int query, int head, int heads) {
    return (query - head + heads - 1) / heads;
  }

  private static long address(Task task, long row) {
    return task.scores() + row * task.keys() * Float.BYTES;
  }

  private static void write(SearchList best, Task task, int query) {
    int k = task.k();
    long offset = (long) query * k * Float.BYTES; // that of an int is the same
    MemorySegment.copy(best.slots(), 0, NativeMemory.ALL, JAVA_INT, task.slots() + offset, k);
    MemorySegment.copy(best.scores(), 0, NativeMemory.ALL, JAVA_FLOAT, task.sums() + offset, k);
  }

  private Space space(Task task) {
    Space own = space;
    if (own == null || own.keys != task.keys() || own.k != task.k()) {
      own = new Space(task.keys(), task.k());
      space = own;
    }
    return own;
  }

  /// Working space for one number of keys and one `k`.
  private static final class Space {
    private final int keys;
    private final int k;
    private final int enough;
    private final int most;
    private final int groups;
    private final float[] maxima;
    private final SearchPairs pairs;
    private final SearchCandidates candidates;
    private final SearchList left;
    private final SearchList right;
    private final SearchList best;

    Space(int keys, int k) {
      this.keys = keys;
      this.k = k;
      groups = (2 * k + LANES - 1) / LANES * LANES;
      enough = k + k / 2 + LANES;
      most = 2 * k + 2 * LANES; // sorting more takes longer than throwing some out
      maxima = new float[groups];
      pairs = new SearchPairs(k);
      int room = Math.max(keys, pairs.size()) + LANES;
      candidates = new SearchCandidates(room, most);
      left = new SearchList(most + LANES);
      right = new SearchList(most + LANES);
      best = new SearchList(most + LANES);
    }

    /// Sorts the best keys of a row of scores.
    void sortRow(long row, SearchList target) {
      MemorySegment.copy(NativeMemory.ALL, JAVA_FLOAT, row, candidates.scores, 0, keys);
      candidates.setSize(keys);
      float low = Float.NEGATIVE_INFINITY;
      float high = Float.POSITIVE_INFINITY;
      if (keys > most) {
        SearchBounds.maxima(candidates.scores, keys, maxima, groups);
        high = SearchBounds.max(maxima, groups);
        low = SearchBounds.min(maxima, groups);
        low = SearchBounds.find(maxima, groups, k, k + 4 + k / 8, low, high, SearchBounds.CLOSE);
      }
      if (low > Float.NEGATIVE_INFINITY) {
        candidates.numberAndKeep(low);
      } else {
        candidates.clean();
        candidates.number();
      }
      sort(low, high, target);
    }

    /// Sorts the best pairs of the two sorted lists.
    void sortPairs() {
      for (int i = 0; i < k; i += LANES) {
        IntVector.fromArray(INTS, left.slots(), i).mul(keys).intoArray(left.slots(), i);
      }
      pairs.fill(left, right, candidates);
      float low = pairs.bound(left, right);
      float high = left.scores()[0] + right.scores()[0];
      if (low > Float.NEGATIVE_INFINITY) {
        candidates.keep(low);
      } else {
        candidates.clean();
        high = Float.POSITIVE_INFINITY; // the sum of two infinities may be none
      }
      sort(low, high, best);
    }

    private void sort(float low, float high, SearchList target) {
      if (candidates.size() > most) {
        candidates.narrow(k, enough, low, high);
      }
      candidates.sort(target);
    }
  }
}
