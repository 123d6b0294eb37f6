package org.mneme.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.data.Corpus.Tokenising;
import org.mneme.data.shard.Preparation;
import org.mneme.data.shard.TokenCache;
import org.mneme.data.shard.TokenShards;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;

/// The texts of one source as tokens in the cache, where they stay until this is closed: tokenised
/// unless an earlier run did so, and tokenised anew where they are damaged, as nothing is lost.
final class CachedTexts implements AutoCloseable {
  private final Path texts;
  private final List<SourceFile> files;
  private final Preparation.Settings settings;
  private final Tokenising tokenising;
  private final TokenCache cache;
  private final TokenCache.Use use;

  private CachedTexts(
      DataConfig config,
      SourceConfig source,
      Preparation.Settings settings,
      Tokenising tokenising) {
    this.texts = Path.of(source.path());
    this.files = SourceFiles.of(List.of(source));
    this.settings = settings;
    this.tokenising = tokenising;
    this.cache = cache(config.cache());
    this.use = cache.use(preparation(texts).fingerprint());
  }

  /// Those of `source`, to be closed.
  ///
  /// @param most documents, the first ones; 0 for all
  static CachedTexts of(DataConfig config, SourceConfig source, long most, Tokenising tokenising) {
    int tokensPerShard = Preparation.Settings.DEFAULT.tokensPerShard();
    var settings = new Preparation.Settings(config.badRecords(), most, tokensPerShard);
    return new CachedTexts(config, source, settings, tokenising);
  }

  private static TokenCache cache(@Nullable String folder) {
    return folder == null
        ? TokenCache.passing(MavenArtifacts.cacheFolder(System.getenv()).resolve("tokens"))
        : TokenCache.lasting(Path.of(folder));
  }

  private Preparation preparation(Path folder) {
    return new Preparation(tokenising.tokenizer(), files, settings, folder, tokenising.progress());
  }

  /// The tokens, to be closed before this is.
  ///
  /// @param badRecords told of some that were left out
  /// @throws CancellationException where it was stopped before all texts were tokenised
  TokenShards shards(Consumer<String> badRecords) {
    try {
      return tokenised(badRecords);
    } catch (InvalidInputException e) {
      if (!e.key().startsWith(use.folder().toString())) {
        throw e;
      }
      tokenising
          .notes()
          .accept("The cache of " + texts + " is damaged (" + e.key() + "): it is tokenised anew");
      use.clear();
      return tokenised(badRecords);
    }
  }

  private TokenShards tokenised(Consumer<String> badRecords) {
    var result = preparation(use.folder()).runUntil(tokenising.stop());
    if (result.tokensNow() > 0) {
      cache.clean();
    }
    if (result.stopped()) {
      throw new CancellationException(
          String.format(
              Locale.ROOT,
              "stopped while %s was tokenised, %,d tokens of it are kept",
              texts,
              result.index().tokens()));
    }
    result.examples().forEach(badRecords);
    return TokenShards.open(use.folder(), tokenising.tokenizer().hash());
  }

  @Override
  public void close() {
    use.close();
  }
}
