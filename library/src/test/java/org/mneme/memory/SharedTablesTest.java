package org.mneme.memory;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Projected;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class SharedTablesTest {
  private static final int DIM = 4;
  private static final long SEED = 3;

  private static SparseMemoryConfig config(MemoryType type, String shared) {
    return type.defaults(DIM)
        .with(memory -> {
          memory.keys = new ProductKeys(4);
          memory.heads = 2;
          memory.slotsPerHead = 3;
          memory.queryDim = 6;
          memory.queryNorm = QueryNorm.LAYER;
          memory.sharedTable = shared;
        });
  }

  private static Tensor tokens() {
    Random random = new Random(6);
    return Tensors.of(random.doubles(5 * DIM, -1, 1).toArray(), 5, DIM).to(torch.ScalarType.Float);
  }

  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void layersOfOneNameHaveOneTableEach(MemoryType type) {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      SharedTables shared = new SharedTables();
      var config = config(type, "all");
      MemoryLayer first = MemoryLayer.create(config, parameters, "a.", SEED, shared);
      MemoryLayer second = MemoryLayer.create(config, parameters, "b.", SEED, shared);
      assertEquals(first.tables(), second.tables());
      Set<String> names =
          type == MemoryType.PEER ? Set.of("a.values_down", "a.values_up") : Set.of("a.values");
      assertEquals(names, second.tables().keySet());
      for (String name : names) {
        String alias = name.replace("a.", "b.");
        assertEquals(name, parameters.aliases().get(alias));
        assertSame(parameters.get(name), parameters.get(alias));
        assertFalse(parameters.all().containsKey(alias));
      }
      assertFalse(parameters.get("a.keys").equal(parameters.get("b.keys")));
    }
  }

  @Test
  void otherNamesAndNoNameAreTablesOfTheirOwn() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      SharedTables shared = new SharedTables();
      for (String name : new String[] {"", "x", "y"}) {
        var config = config(MemoryType.PRODUCT_KEY, name);
        MemoryLayer first = MemoryLayer.create(config, parameters, name + "1.", SEED, shared);
        MemoryLayer second = MemoryLayer.create(config, parameters, name + "2.", SEED, shared);
        boolean same = first.tables().equals(second.tables());
        assertEquals(!name.isEmpty(), same);
      }
      assertNotSame(parameters.get("x1.values"), parameters.get("y1.values"));
      assertEquals(Set.of("x2.values", "y2.values"), parameters.aliases().keySet());
    }
  }

  @Test
  void aLayerByItselfHasTheTableItWouldShare() {
    try (var scope = new TensorScope();
        var one = new Parameters();
        var other = new Parameters()) {
      MemoryLayer.create(config(MemoryType.PRODUCT_KEY, "all"), one, "a.", SEED);
      MemoryLayer.create(config(MemoryType.PRODUCT_KEY, ""), other, "a.", SEED);
      assertTrue(one.get("a.values").equal(other.get("a.values")));
    }
  }

  @Test
  void gradientsOfAllLayersAddUp() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      SharedTables shared = new SharedTables();
      var config = config(MemoryType.PRODUCT_KEY, "all");
      MemoryLayer first = MemoryLayer.create(config, parameters, "a.", SEED, shared);
      MemoryLayer second = MemoryLayer.create(config, parameters, "b.", SEED, shared);
      ValueTable table = requireNonNull(first.tables().get("a.values"));
      float[] ofFirst = gradient(table, first.forward(tokens(), true));
      float[] ofSecond = gradient(table, second.forward(tokens(), true));
      float[] ofBoth =
          gradient(table, first.forward(tokens(), true).add(second.forward(tokens(), true)));
      float[] sum = new float[ofBoth.length];
      for (int i = 0; i < sum.length; i++) {
        sum[i] = ofFirst[i] + ofSecond[i];
      }
      assertArrayEquals(sum, ofBoth, 1e-6f);
      assertFalse(Arrays.equals(ofFirst, ofSecond));
    }
  }

  private static float[] gradient(ValueTable table, Tensor output) {
    table.gradient().clear();
    output.sum().backward();
    return Tensors.floats(requireNonNull(table.denseGradient()));
  }

  /// One layer on top of the other.
  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void gradientsMatchCentralDifferences(MemoryType type) {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      SharedTables shared = new SharedTables();
      var config = config(type, "all");
      MemoryLayer first = MemoryLayer.create(config, parameters, "a.", SEED, shared);
      MemoryLayer second = MemoryLayer.create(config, parameters, "b.", SEED, shared);
      parameters.convert(torch.ScalarType.Double);
      Tensor x = tokens().to(torch.ScalarType.Double);
      var unused = x.set_requires_grad(true);
      Map<String, Tensor> leaves = new LinkedHashMap<>(parameters.trained());
      leaves.put("x", x);
      double error =
          GradientCheck.worstError(
              leaves,
              () -> second.forward(first.forward(x, true).add(x), true).square().sum(),
              () -> TableGradients.materialize(first.tables()));
      assertTrue(error < 1e-7, "worst relative error " + error);
    }
  }

  @Test
  void aNameForTablesOfDifferentShapesIsRefused() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      SharedTables shared = new SharedTables();
      var config = config(MemoryType.PRODUCT_KEY, "all");
      MemoryLayer.create(config, parameters, "a.", SEED, shared);
      for (var other :
          new SparseMemoryConfig[] {
            config.with(memory -> memory.keys = new ProductKeys(5)),
            config.with(memory -> memory.output = new Projected(3))
          }) {
        var error =
            assertThrows(
                InvalidInputException.class,
                () -> MemoryLayer.create(other, parameters, "b" + other.slots(), SEED, shared));
        assertEquals("memory.sharedTable", error.key());
        assertTrue(error.getMessage().contains("\"all\" has 16 slots of 4"), error.getMessage());
      }
    }
  }
}
