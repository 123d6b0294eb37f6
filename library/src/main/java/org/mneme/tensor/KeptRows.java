package org.mneme.tensor;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.stream.IntStream;

/// Some rows of a matrix, in their order: those of a vocabulary that the data uses (Williams &
/// Aletras 2023, section 3). Row `ids[place]` of the whole matrix is row `place` of what is kept.
public final class KeptRows {
  private final int all;
  private final int[] ids;
  private final int[] places; // of every id, -1 where it is left out

  /// @param all rows of the whole matrix, at least 1
  /// @param ids of the rows that are kept, ascending, none twice
  /// @throws IllegalArgumentException where an id is out of range or they do not ascend
  public KeptRows(int all, int... ids) {
    this.all = all;
    this.ids = ids.clone();
    places = new int[all];
    Arrays.fill(places, -1);
    int before = -1;
    for (int place = 0; place < ids.length; place++) {
      int id = ids[place];
      if (id <= before || id >= all) {
        throw new IllegalArgumentException(
            "kept row %d behind %d of %d: ids ascend and are smaller than that"
                .formatted(id, before, all));
      }
      places[id] = place;
      before = id;
    }
  }

  /// The rows whose bits are set.
  public static KeptRows of(int all, BitSet ids) {
    return new KeptRows(all, ids.stream().toArray());
  }

  /// Rows of the whole matrix.
  public int all() {
    return all;
  }

  /// Rows that are kept.
  public int size() {
    return ids.length;
  }

  /// The row of the whole matrix that is kept as row `place`.
  public int id(int place) {
    return ids[place];
  }

  /// The rows of the whole matrix, ascending.
  public IntStream ids() {
    return Arrays.stream(ids);
  }

  /// Whether row `id` of the whole matrix is kept.
  public boolean contains(int id) {
    return id >= 0 && id < all && places[id] >= 0;
  }

  /// Where row `id` of the whole matrix is kept, -1 where it is left out.
  ///
  /// @param id from 0 on, smaller than [#all()]
  public int place(int id) {
    return places[id];
  }

  /// These rows and `others`, which may be among them.
  public KeptRows with(int... others) {
    BitSet union = new BitSet(all);
    ids().forEach(union::set);
    for (int id : others) {
      union.set(Objects.checkIndex(id, all));
    }
    return of(all, union);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeptRows rows && rows.all == all && Arrays.equals(rows.ids, ids);
  }

  @Override
  public int hashCode() {
    return 31 * all + Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return ids.length + " of " + all + " rows";
  }
}
