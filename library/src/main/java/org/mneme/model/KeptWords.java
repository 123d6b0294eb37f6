package org.mneme.model;

import java.util.Arrays;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.Tensors;

/// The words of a vocabulary for which a model has rows in memory: in its word embeddings, and in a
/// decoder, which then scores these words alone (Williams & Aletras 2023, section 3). Ids are those
/// of the whole vocabulary everywhere; only who looks up a row asks for its place.
///
/// @param rows the words' ids
/// @param unknown the word, one of them, that any other becomes; empty where another is an error
public record KeptWords(KeptRows rows, OptionalInt unknown) {
  /// Checks that the unknown word is kept.
  public KeptWords {
    if (unknown.isPresent() && !rows.contains(unknown.getAsInt())) {
      throw new IllegalArgumentException(
          "the unknown word " + unknown.getAsInt() + " is not among " + rows);
    }
  }

  /// Rows of a model's word embeddings in memory.
  static int count(ArchitectureConfig config) {
    KeptWords kept = config.keptWords();
    return kept == null ? config.vocabulary() : kept.rows.size();
  }

  /// Adds a parameter with a row for each word, as many as [#count] says.
  static Tensor parameter(
      Parameters parameters, String name, Tensor value, ArchitectureConfig config) {
    KeptWords kept = config.keptWords();
    return kept == null
        ? parameters.parameter(name, value)
        : parameters.parameter(name, value, kept.rows);
  }

  /// Where the rows of words are, of the shape of `ids`; in the open scope.
  ///
  /// @param kept null where all rows are there
  /// @param ids int64
  /// @throws InvalidInputException of kind DATA where a word is left out and none is unknown
  public static Tensor places(@Nullable KeptWords kept, Tensor ids) {
    if (kept == null) {
      return ids;
    }
    long[] places = Arrays.stream(Tensors.longs(ids)).map(kept::place).toArray();
    return Tensors.of(places, Shapes.of(ids));
  }

  private long place(long id) {
    int place = rows.contains(Math.toIntExact(id)) ? rows.place((int) id) : -1;
    if (place < 0 && unknown.isPresent()) {
      return rows.place(unknown.getAsInt());
    }
    if (place < 0) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          "partialEmbeddings",
          "token id %d is not among the %s that are kept; name all data that the run reads"
              .formatted(id, rows));
    }
    return place;
  }
}
