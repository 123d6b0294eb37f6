package org.mneme.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.MemoryTensors;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.tensor.PlannedTensor;

/// The tensors of a model with its head, in the order of their making, without making them: tied
/// ones once.
public final class ModelTensors {
  private final List<PlannedTensor> tensors = new ArrayList<>();
  private final Set<String> sharedTables = new LinkedHashSet<>();

  private ModelTensors() {}

  /// What a model of this `config` with a language-model head consists of.
  public static List<PlannedTensor> of(ArchitectureConfig config) {
    ModelTensors plan = new ModelTensors();
    switch (config) {
      case BertConfig bert -> {
        plan.bert(bert);
        plan.maskedHead(bert);
      }
      case Gpt2Config gpt2 -> plan.gpt2(gpt2);
      case LlamaConfig llama -> plan.llama(llama);
      case TransformerXlConfig xl -> plan.transformerXl(xl);
    }
    return plan.tensors;
  }

  /// What an encoder of this `config` with a task head consists of.
  public static List<PlannedTensor> of(BertConfig config, HeadConfig head) {
    ModelTensors plan = new ModelTensors();
    plan.bert(config);
    HeadLayout layout = HeadLayout.of(config.family(), head.kind());
    String dense = layout.dense();
    if (dense != null) {
      plan.affine(dense, config.dim(), config.dim());
    }
    plan.affine(layout.output(), config.dim(), head.outputs());
    return plan.tensors;
  }

  /// The number of the block that a tensor belongs to, -1 if to none.
  public static int block(ArchitectureConfig config, String name) {
    for (int i = 0; i < config.layers(); i++) {
      if (name.startsWith(blockPrefix(config, i))) {
        return i;
      }
    }
    return -1;
  }

  /// What the names of the tensors of block `block` begin with in a model with a head.
  public static String blockPrefix(ArchitectureConfig config, int block) {
    return switch (config) {
      case BertConfig bert ->
          bert.family().basePrefix() + BertNames.of(bert.family()).blocks() + block + ".";
      case DecoderConfig decoder -> decoder.basePrefix() + decoder.blocksName() + block + ".";
      case TransformerXlConfig xl -> xl.basePrefix() + "layers." + block + ".";
    };
  }

  private void bert(BertConfig config) {
    BertNames names = BertNames.of(config.family());
    long dim = config.dim();
    String embeddings = config.family().basePrefix() + "embeddings.";
    parameter(embeddings + "word_embeddings.weight", config.vocabulary() * dim);
    parameter(embeddings + "position_embeddings.weight", config.positions() * dim);
    if (config.tokenTypes() > 0) {
      parameter(embeddings + "token_type_embeddings.weight", config.tokenTypes() * dim);
    }
    norm(embeddings + "LayerNorm", dim);
    for (int i = 0; i < config.layers(); i++) {
      bertBlock(config, names, i);
    }
  }

  private void maskedHead(BertConfig config) {
    BertNames names = BertNames.of(config.family());
    long dim = config.dim();
    affine(names.headDense(), dim, dim);
    norm(names.headNorm(), dim);
    if (config.tied()) {
      parameter(names.bias(), config.vocabulary());
      return;
    }
    parameter(names.decoder() + ".weight", config.vocabulary() * dim);
    parameter(names.decoder() + ".bias", config.vocabulary());
    if (!names.bias().equals(names.decoder() + ".bias")) {
      tensors.add(PlannedTensor.buffer(names.bias(), config.vocabulary()));
    }
  }

  private void bertBlock(BertConfig config, BertNames names, int index) {
    String prefix = blockPrefix(config, index);
    long dim = config.dim();
    for (String part :
        List.of(names.query(), names.key(), names.value(), names.attentionOutput())) {
      affine(prefix + part, dim, dim);
    }
    norm(prefix + names.attentionNorm(), dim);
    if (hasFeedForward(config, index)) {
      affine(prefix + names.inner(), dim, config.feedForwardDim());
      affine(prefix + names.outer(), config.feedForwardDim(), dim);
    }
    norm(prefix + names.outputNorm(), dim);
    memory(config, index);
  }

  private void gpt2(Gpt2Config config) {
    long dim = config.dim();
    String prefix = config.basePrefix();
    parameter(prefix + config.wordsName(), config.vocabulary() * dim);
    parameter(prefix + "wpe.weight", config.positions() * dim);
    for (int i = 0; i < config.layers(); i++) {
      String block = blockPrefix(config, i);
      norm(block + "ln_1", dim);
      affine(block + "attn.c_attn", dim, 3 * dim);
      affine(block + "attn.c_proj", dim, dim);
      norm(block + "ln_2", dim);
      if (hasFeedForward(config, i)) {
        affine(block + "mlp.c_fc", dim, config.feedForwardDim());
        affine(block + "mlp.c_proj", config.feedForwardDim(), dim);
      }
      memory(config, i);
    }
    norm(prefix + "ln_f", dim);
    if (!config.tied()) {
      parameter("lm_head.weight", config.vocabulary() * dim);
    }
  }

  private void llama(LlamaConfig config) {
    LlamaConfig.Attention attention = config.attention();
    long dim = config.dim();
    long queries = (long) attention.heads() * attention.headDim();
    long keys = (long) attention.keyValueHeads() * attention.headDim();
    String prefix = config.basePrefix();
    parameter(prefix + config.wordsName(), config.vocabulary() * dim);
    for (int i = 0; i < config.layers(); i++) {
      String block = blockPrefix(config, i);
      parameter(block + "input_layernorm.weight", dim);
      projection(config, i, "self_attn.q_proj", dim, queries, attention.inputBias());
      projection(config, i, "self_attn.k_proj", dim, keys, attention.inputBias());
      projection(config, i, "self_attn.v_proj", dim, keys, attention.inputBias());
      projection(config, i, "self_attn.o_proj", queries, dim, attention.outputBias());
      parameter(block + "post_attention_layernorm.weight", dim);
      if (hasFeedForward(config, i)) {
        long inner = config.feedForwardDim();
        projection(config, i, "mlp.gate_proj", dim, inner, config.feedForwardBias());
        projection(config, i, "mlp.up_proj", dim, inner, config.feedForwardBias());
        projection(config, i, "mlp.down_proj", inner, dim, config.feedForwardBias());
      }
      memory(config, i);
    }
    parameter(prefix + "norm.weight", dim);
    if (!config.tied()) {
      parameter("lm_head.weight", config.vocabulary() * dim);
    }
  }

  private void projection(
      LlamaConfig config, int block, String part, long in, long out, boolean bias) {
    String name = blockPrefix(config, block) + part;
    if (bias) {
      affine(name, in, out);
    } else {
      parameter(name + ".weight", in * out);
    }
    AdapterConfig adapters = config.adapters();
    if (adapters != null && adapters.covers(block, part.substring(part.indexOf('.') + 1))) {
      parameter(name + AdapterConfig.DOWN, adapters.rank() * in);
      parameter(name + AdapterConfig.UP, out * adapters.rank());
    }
  }

  private void transformerXl(TransformerXlConfig config) {
    TransformerXlConfig.Clusters clusters = config.clusters();
    String prefix = config.basePrefix();
    long dim = config.dim();
    int matrices = clusters.apart() ? clusters.count() : 1;
    for (int i = 0; i < matrices; i++) {
      parameter(AdaptiveWords.wordsName(prefix, i), clusterSize(config, i) * clusters.width(i));
    }
    for (int i = 0; AdaptiveWords.projects(config) && i < matrices; i++) {
      parameter(AdaptiveWords.projectionName(prefix, i), dim * clusters.width(i));
    }
    long biases = (long) config.heads() * config.headDim();
    parameter(prefix + "r_w_bias", biases);
    parameter(prefix + "r_r_bias", biases);
    for (int i = 0; i < config.layers(); i++) {
      transformerXlBlock(config, i);
    }
    adaptiveHead(config, matrices);
  }

  private void transformerXlBlock(TransformerXlConfig config, int index) {
    String block = blockPrefix(config, index);
    long dim = config.dim();
    long heads = (long) config.heads() * config.headDim();
    parameter(block + "dec_attn.qkv_net.weight", 3 * heads * dim);
    parameter(block + "dec_attn.o_net.weight", heads * dim);
    norm(block + "dec_attn.layer_norm", dim);
    parameter(block + "dec_attn.r_net.weight", heads * dim);
    if (hasFeedForward(config, index)) {
      affine(block + "pos_ff.CoreNet.0", dim, config.feedForwardDim());
      affine(block + "pos_ff.CoreNet.3", config.feedForwardDim(), dim);
    }
    norm(block + "pos_ff.layer_norm", dim);
    memory(config, index);
  }

  private void adaptiveHead(TransformerXlConfig config, int matrices) {
    TransformerXlConfig.Clusters clusters = config.clusters();
    for (int i = 0; i < matrices; i++) {
      String name = "crit.out_layers." + i;
      if (!config.tied()) {
        parameter(name + ".weight", clusterSize(config, i) * clusters.width(i));
      }
      parameter(name + ".bias", clusterSize(config, i));
    }
    for (int i = 0; AdaptiveWords.projects(config) && i < clusters.count(); i++) {
      if (i == 0 || !config.tied()) {
        int shared = clusters.apart() ? i : 0;
        parameter("crit.out_projs." + i, (long) config.dim() * clusters.width(shared));
      }
    }
    if (clusters.count() > 1) {
      parameter("crit.cluster_weight", (clusters.count() - 1L) * clusters.dim());
      parameter("crit.cluster_bias", clusters.count() - 1L);
    }
  }

  private static long clusterSize(TransformerXlConfig config, int index) {
    return config.clusters().apart()
        ? config.clusters().size(index, config.vocabulary())
        : config.vocabulary();
  }

  /// Whether the block has a feed-forward, rather than a memory in its place.
  public static boolean hasFeedForward(ArchitectureConfig config, int block) {
    MemoryPlacement memory = config.memory();
    return memory == null
        || memory.placement() != Placement.REPLACE
        || !memory.layers().contains(block);
  }

  private void memory(ArchitectureConfig config, int block) {
    @Nullable MemoryPlacement memory = config.memory();
    if (memory != null && memory.layers().contains(block)) {
      tensors.addAll(
          MemoryTensors.of(memory.layer(), blockPrefix(config, block) + "memory.", sharedTables));
    }
  }

  private void affine(String name, long in, long out) {
    parameter(name + ".weight", in * out);
    parameter(name + ".bias", out);
  }

  private void norm(String name, long dim) {
    parameter(name + ".weight", dim);
    parameter(name + ".bias", dim);
  }

  private void parameter(String name, long elements) {
    tensors.add(PlannedTensor.parameter(name, elements));
  }
}
