package org.mneme.data;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// How documents become batches.
public record BatchesConfig(
    @Described(
            "lines: a document a row, cut at maxLength; documents: in pieces of maxLength, nothing"
                + " is lost; packed: blocks of maxLength from one stream; segments: rows go on"
                + " where the batch before ended.")
        Layout layout,
    @Described("The most tokens in a batch, padding included.") int tokensPerBatch,
    @Described("The most tokens in a row.") int maxLength,
    @Described("Layout packed: whether a block may hold pieces of several documents.")
        boolean crossDocuments,
    @Described("Layouts packed and segments: whether an end-of-text token follows each document.")
        boolean separator) {

  /// What a row of a batch is.
  public enum Layout {
    /// A document, its end cut off where it is too long; rows of a batch are of one length.
    LINES,
    /// A piece of a document; rows of a batch are of one length, or nearly.
    DOCUMENTS,
    /// A block of the stream of all documents; all blocks are full but the last.
    PACKED,
    /// A piece of a stream that goes on in the same row of the next batch, for recurrent models.
    SEGMENTS
  }

  /// Lines of up to 128 tokens.
  public static final BatchesConfig DEFAULT =
      new BatchesConfig(Layout.LINES, 1280, 128, true, true);

  /// Checks the numbers.
  public BatchesConfig {
    if (maxLength < 4) {
      throw InvalidInputException.config(
          "data.batches.maxLength", maxLength + " is below 4; raise it");
    }
    if (tokensPerBatch < maxLength) {
      throw InvalidInputException.config(
          "data.batches.tokensPerBatch",
          "%d is less than a row of maxLength %d; raise it or lower maxLength"
              .formatted(tokensPerBatch, maxLength));
    }
  }

  /// How many rows of `maxLength` fit into a batch.
  public int rows() {
    return tokensPerBatch / maxLength;
  }
}
