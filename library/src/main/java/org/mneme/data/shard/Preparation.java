package org.mneme.data.shard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.shard.ShardIndex.Entry;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceReader;
import org.mneme.file.ProcessLock;
import org.mneme.file.Sha256;
import org.mneme.text.TextTokens;
import org.mneme.text.Tokenizer;

/// Turns texts into a folder of shards: reads them on one thread, tokenises on all, and writes a
/// shard whenever one is full.
///
/// The same texts, settings and tokenizer give the same bytes. A preparation that was stopped or
/// killed goes on behind the last whole shard: the texts before are read again, but not tokenised.
public final class Preparation {
  private static final int WIDE = 1 << 16;

  private final Tokenizer tokenizer;
  private final List<SourceFile> files;
  private final Settings settings;
  private final Path folder;
  private final Progress progress;
  private final ShardBuilder builder = new ShardBuilder();
  private ShardIndex index;
  private long records;
  private long withoutTokens;
  private long tokens;
  private BooleanSupplier stop = () -> false;
  private boolean stopped;

  /// How to go about it.
  ///
  /// @param maxDocuments only so many, the first ones; 0 for all
  /// @param tokensPerShard a shard ends with the document that reaches it
  public record Settings(BadRecordsConfig badRecords, long maxDocuments, int tokensPerShard) {
    /// All documents, eight million tokens a shard.
    public static final Settings DEFAULT = new Settings(BadRecordsConfig.DEFAULT, 0, 8_000_000);

    /// Checks the numbers.
    public Settings {
      if (tokensPerShard < 1 || tokensPerShard > 200_000_000) {
        throw InvalidInputException.config(
            "tokensPerShard", tokensPerShard + " is not from 1 to 200,000,000");
      }
      if (maxDocuments < 0) {
        throw InvalidInputException.config("maxDocuments", maxDocuments + " is below 0");
      }
    }
  }

  /// Is told how far it is.
  @FunctionalInterface
  public interface Progress {
    /// Nobody.
    Progress SILENT = (_, _, _) -> {};

    /// @param share of the bytes read, in [0, 1]
    /// @param tokens so far, without those of an earlier run
    /// @param badRecords so far
    void at(double share, long tokens, long badRecords);
  }

  /// What came of it.
  ///
  /// @param tokensNow without those of an earlier run
  /// @param examples of bad records
  public record Result(ShardIndex index, long tokensNow, double seconds, List<String> examples) {
    /// Whether it was stopped before all texts were read.
    public boolean stopped() {
      return !index.complete();
    }

    /// How fast it was; 0 where nothing was left to do.
    public double tokensPerSecond() {
      return tokensNow == 0 ? 0 : tokensNow / Math.max(1e-9, seconds);
    }
  }

  /// Prepares `files` into `folder`.
  public Preparation(
      Tokenizer tokenizer,
      List<SourceFile> files,
      Settings settings,
      Path folder,
      Progress progress) {
    this.tokenizer = tokenizer;
    this.files = List.copyOf(files);
    this.settings = settings;
    this.folder = folder;
    this.progress = progress;
    this.index = ShardIndex.empty(tokenizer.hash(), fingerprint());
  }

  /// A hash of tokenizer, sources (names, sizes, times) and settings: the same means the same
  /// shards.
  public String fingerprint() {
    MessageDigest digest = Sha256.digest();
    add(digest, tokenizer.hash());
    for (SourceFile file : files) {
      add(digest, file.path().toAbsolutePath().normalize().toString());
      add(digest, file.bytes() + " " + file.modified() + " " + file.format());
      add(digest, file.settings().column() + " " + file.settings().documents());
    }
    add(digest, settings.toString());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, String part) {
    digest.update(part.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  /// Does what is left to do.
  ///
  /// @throws InvalidInputException of kind DATA where texts cannot be used or none is left, of kind
  ///   CONFIG where the folder holds shards of something else, of kind ENVIRONMENT where it cannot
  ///   be written
  public Result run() {
    return runUntil(() -> false);
  }

  /// The same until `stop` says so: then up to the end of the shard under way, so that no work is
  /// lost.
  public Result runUntil(BooleanSupplier stop) {
    this.stop = stop;
    long begun = System.nanoTime();
    try (ProcessLock lock = WholeFile.lock(folder)) {
      WholeFile.removeLeftovers(folder);
      takeUp();
      BadRecords bad = new BadRecords(settings.badRecords());
      if (!index.complete()) {
        tokenise(bad);
      }
      if (!index.complete() && !stopped) {
        index = index.completed(records, withoutTokens, bad.counts());
        requireDocuments();
        index.write(folder);
      }
      return new Result(index, tokens, (System.nanoTime() - begun) / 1e9, bad.examples());
    } catch (UncheckedIOException e) {
      throw ShardFormat.unwritable(folder, Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw ShardFormat.unwritable(folder, e);
    }
  }

  /// Goes on with what an earlier run left.
  private void takeUp() {
    if (!ShardIndex.isIn(folder)) {
      return;
    }
    ShardIndex found = ShardIndex.read(folder);
    if (!found.settings().equals(index.settings())) {
      throw InvalidInputException.config(
          "out",
          folder
              + " holds shards of other texts, settings or another tokenizer; choose another folder"
              + " or remove it");
    }
    index = found;
    withoutTokens = found.withoutTokens();
  }

  private void tokenise(BadRecords bad) throws IOException {
    SourceReader reader = new SourceReader(files, bad);
    long done = index.records();
    records = done;
    long[] read = {0};
    try (TokenPipeline pipeline = new TokenPipeline(tokenizer, this::add)) {
      reader.read(text -> {
        read[0]++;
        if (read[0] > done) {
          pipeline.add(text.text());
          progress.at(share(reader), tokens, bad.total());
        }
        stopBetweenShards();
        return !stopped && (settings.maxDocuments() == 0 || read[0] < settings.maxDocuments());
      });
      if (!stopped) {
        pipeline.finish();
      }
    }
    if (builder.documents() > 0) {
      writeShard();
    }
  }

  private void stopBetweenShards() {
    stopped |= builder.documents() == 0 && stop.getAsBoolean();
  }

  private static double share(SourceReader reader) {
    return (double) reader.bytesRead() / Math.max(1, reader.bytes());
  }

  /// Takes the next document; none behind the shard at which it was stopped.
  private void add(TextTokens document) throws IOException {
    if (stopped) {
      return;
    }
    records++;
    if (teachesNothing(document)) {
      withoutTokens++;
      return;
    }
    builder.add(document);
    tokens += document.ids().length;
    if (builder.tokens() >= settings.tokensPerShard()) {
      writeShard();
      stopBetweenShards();
    }
  }

  private boolean teachesNothing(TextTokens document) {
    for (int id : document.ids()) {
      if (!tokenizer.vocabulary().isSpecial(id)) {
        return false;
      }
    }
    return true;
  }

  private void writeShard() throws IOException {
    String name = String.format(Locale.ROOT, "tokens-%05d.bin", index.shards().size());
    int width = tokenizer.vocabulary().size() <= WIDE ? Short.BYTES : Integer.BYTES;
    ByteBuffer file = builder.file(width, tokenizer.hash());
    MessageDigest digest = Sha256.digest();
    digest.update(file.duplicate());
    WholeFile.write(folder.resolve(name), file);
    String hash = HexFormat.of().formatHex(digest.digest());
    index =
        index.with(
            new Entry(name, builder.documents(), builder.tokens(), hash), records, withoutTokens);
    index.write(folder);
    builder.clear();
  }

  private void requireDocuments() {
    if (index.shards().isEmpty()) {
      String names = files.stream().map(file -> file.path().toString()).toList().toString();
      Map<String, Long> bad = index.badRecords();
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          names,
          records == 0 && bad.isEmpty()
              ? names + ": no line holds text; give files with documents"
              : "%s: of %d documents none holds a word that the tokenizer knows%s"
                  .formatted(names, records, bad.isEmpty() ? "" : ", left out: " + bad));
    }
  }
}
