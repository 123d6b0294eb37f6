package org.mneme.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.data.SourceConfig.Format;
import org.mneme.data.shard.Preparation;
import org.mneme.data.shard.ShardIndex;
import org.mneme.data.shard.TokenShards;
import org.mneme.data.source.SourceFiles;
import org.mneme.text.Tokenizer;

/// The documents of a run as tokens, on the disk: shards as they are, texts tokenised once into a
/// cache that later runs use again. To be closed when no batch is wanted any more.
public final class Corpus implements AutoCloseable {
  private final List<TokenShards> shards;
  private final List<Pool> pools;
  private final List<String> badRecords;

  /// Documents of one weight, see [SourceConfig#weight].
  public record Pool(TokenDocuments documents, double weight) {}

  private Corpus(List<TokenShards> shards, List<Pool> pools, List<String> badRecords) {
    this.shards = List.copyOf(shards);
    this.badRecords = List.copyOf(badRecords);
    this.pools = List.copyOf(pools);
  }

  /// Opens the training documents of `config`.
  ///
  /// @throws InvalidInputException of kind CONFIG where no source is named, of kind DATA where one
  ///   cannot be used
  public static Corpus train(
      DataConfig config, Tokenizer tokenizer, Preparation.Progress progress) {
    if (config.train().isEmpty()) {
      throw InvalidInputException.config("data.train", "is empty; name texts to train on");
    }
    return open(config, config.train(), config.maxTrainSamples(), tokenizer, progress);
  }

  /// Opens the documents for evaluation of `config`, which has to have some.
  public static Corpus dev(DataConfig config, Tokenizer tokenizer, Preparation.Progress progress) {
    if (config.dev().isEmpty()) {
      throw InvalidInputException.config("data.dev", "is empty; name texts to evaluate on");
    }
    return open(config, config.dev(), config.maxDevSamples(), tokenizer, progress);
  }

  private static Corpus open(
      DataConfig config,
      List<SourceConfig> sources,
      long most,
      Tokenizer tokenizer,
      Preparation.Progress progress) {
    List<TokenShards> opened = new ArrayList<>();
    List<String> bad = new ArrayList<>();
    Map<Double, List<TokenDocuments>> byWeight = new LinkedHashMap<>();
    try {
      for (SourceConfig source : sources) {
        TokenShards own = open(config, source, most, tokenizer, progress, bad);
        opened.add(own);
        byWeight
            .computeIfAbsent(source.weight(), _ -> new ArrayList<>())
            .add(FirstDocuments.of(own, most));
      }
    } catch (RuntimeException e) {
      opened.forEach(TokenShards::close);
      throw e;
    }
    List<Pool> pools = new ArrayList<>();
    byWeight.forEach((weight, parts) ->
        pools.add(
            new Pool(parts.size() == 1 ? parts.getFirst() : new JoinedDocuments(parts), weight)));
    return new Corpus(opened, pools, bad);
  }

  private static TokenShards open(
      DataConfig config,
      SourceConfig source,
      long most,
      Tokenizer tokenizer,
      Preparation.Progress progress,
      List<String> bad) {
    Path path = Path.of(source.path());
    boolean prepared = Files.isDirectory(path) && TokenShards.isFolder(path);
    if (source.format() == Format.SHARDS || (source.format() == Format.AUTO && prepared)) {
      return TokenShards.open(path, tokenizer.hash());
    }
    var settings =
        new Preparation.Settings(
            config.badRecords(), most, Preparation.Settings.DEFAULT.tokensPerShard());
    var files = SourceFiles.of(List.of(source));
    String name = new Preparation(tokenizer, files, settings, path, progress).fingerprint();
    Path folder = cache(config).resolve(name.substring(0, 16));
    bad.addAll(new Preparation(tokenizer, files, settings, folder, progress).run().examples());
    return TokenShards.open(folder, tokenizer.hash());
  }

  private static Path cache(DataConfig config) {
    return config.cache() == null
        ? MavenArtifacts.cacheFolder(System.getenv()).resolve("tokens")
        : Path.of(config.cache());
  }

  /// The documents by weight, in the order of the sources.
  public List<Pool> pools() {
    return pools;
  }

  /// How many documents there are.
  public long documents() {
    return pools.stream().mapToLong(pool -> pool.documents().size()).sum();
  }

  /// How many tokens they have.
  public long tokens() {
    return pools.stream().mapToLong(pool -> pool.documents().tokens()).sum();
  }

  /// The first few records of each kind that were left out when texts were tokenised now, with
  /// file, line and what is wrong; [#indexes] has the numbers, also of earlier runs.
  public List<String> badRecords() {
    return badRecords;
  }

  /// What the folders of shards say of themselves, in the order of the sources.
  public List<ShardIndex> indexes() {
    return shards.stream().map(TokenShards::index).toList();
  }

  /// A hash of all documents: another corpus, another hash.
  public String fingerprint() {
    StringBuilder all = new StringBuilder();
    for (ShardIndex index : indexes()) {
      index.shards().forEach(shard -> all.append(shard.sha256()).append('\n'));
    }
    pools.forEach(
        pool -> all.append(pool.documents().size()).append(' ').append(pool.weight()).append('\n'));
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(digest.digest(all.toString().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public void close() {
    shards.forEach(TokenShards::close);
  }
}
