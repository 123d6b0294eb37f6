package org.mneme.app.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.CausalBatches;
import org.mneme.data.LengthBatches;
import org.mneme.data.LineBatch;
import org.mneme.data.MaskedBatches;
import org.mneme.data.Masker;
import org.mneme.data.Masking;
import org.mneme.data.SourceConfig;
import org.mneme.data.TokenBatch;
import org.mneme.data.TokenizedLines;
import org.mneme.data.source.SourceReader;
import org.mneme.evaluate.TextSize;
import org.mneme.text.Encoding;
import org.mneme.text.Tokenizer;

/// Lines of text as tokens, ready to be dealt into batches.
///
/// @param texts the lines as they stood
/// @param lines the same as tokens
public record TextSet(Tokenizer tokenizer, List<String> texts, TokenizedLines lines) {
  private static final int EVALUATION_TOKENS = 2048;

  /// The documents of text files (lines; rows of tables, see [org.mneme.data.SourceConfig]), cut to
  /// `maxLength` tokens.
  ///
  /// @throws InvalidInputException of kind DATA when a file cannot be read, or no line is left
  public static TextSet read(Tokenizer tokenizer, List<Path> files, int maxLength) {
    return read(
        tokenizer,
        files.stream().map(file -> SourceConfig.of(file.toString())).toList(),
        BadRecordsConfig.DEFAULT,
        maxLength);
  }

  /// The same of sources, but for so many bad records.
  public static TextSet read(
      Tokenizer tokenizer, List<SourceConfig> sources, BadRecordsConfig allowed, int maxLength) {
    List<String> texts = SourceReader.texts(sources, allowed);
    TextSet set = of(tokenizer, texts, maxLength);
    if (set.lines.size() == 0) {
      String names = sources.stream().map(SourceConfig::path).collect(Collectors.joining(", "));
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          names,
          names
              + (texts.isEmpty()
                  ? ": no line holds text; give a file with an example a line"
                  : ": no line holds a word that the tokenizer knows; give text in the model's"
                      + " language"));
    }
    return set;
  }

  /// These lines, cut to `maxLength` tokens.
  public static TextSet of(Tokenizer tokenizer, List<String> texts, int maxLength) {
    return new TextSet(tokenizer, texts, TokenizedLines.of(tokenizer, texts, maxLength));
  }

  /// Exercises for training, another in every epoch.
  public MaskedBatches training(Masking masking, int tokensPerBatch, long seed) {
    return batches(masking, tokensPerBatch, seed);
  }

  /// Exercises that stay the same: each line once.
  public MaskedBatches evaluation(Masking masking, long seed) {
    return batches(masking, evaluationTokens(), seed);
  }

  /// Exercises of next tokens: each line once.
  public CausalBatches nextTokens() {
    return new CausalBatches(
        lines, new LengthBatches(lines.lengths(), evaluationTokens(), 0), tokenizer.padId(), false);
  }

  /// How much text the tokens behind the first of each line are.
  public TextSize guessed() {
    TextSize size = TextSize.NONE;
    for (int line = 0; line < lines.size(); line++) {
      String text = texts.get(lines.textIndex(line));
      Encoding encoding = tokenizer.encode(text);
      int[] ends = encoding.charOffsets(text).ends();
      int to = Arrays.stream(ends).limit(lines.length(line)).max().orElse(0); // added ones: 0
      size = size.plus(TextSize.of(text.substring(ends[0], to)));
    }
    return size;
  }

  private int evaluationTokens() {
    int longest = Arrays.stream(lines.lengths()).max().orElse(0);
    return Math.max(EVALUATION_TOKENS, longest);
  }

  private MaskedBatches batches(Masking masking, int tokensPerBatch, long seed) {
    return new MaskedBatches(
        lines,
        new LengthBatches(lines.lengths(), tokensPerBatch, seed),
        Masker.of(masking, tokenizer),
        tokenizer.padId(),
        seed);
  }

  /// The lines without exercises, each once.
  public List<TokenBatch> plain() {
    return plainLines().stream()
        .map(batch ->
            TokenBatch.of(
                Arrays.stream(batch.lines()).mapToObj(lines::ids).toList(), tokenizer.padId()))
        .toList();
  }

  /// Which lines the batches of [#plain] are made of.
  public List<LineBatch> plainLines() {
    int longest = Arrays.stream(lines.lengths()).max().orElse(0);
    return new LengthBatches(lines.lengths(), Math.max(EVALUATION_TOKENS, longest), 0).inOrder();
  }
}
