using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

[TestClass]
public class WeightPenaltyTests
{
    [TestMethod]
    [DataRow("generative.emission.*.weight", "generative.emission.mean.weight", true)]
    [DataRow("generative.emission.*.weight", "generative.emission.hidden.layers.0.weight", true)]
    [DataRow("generative.emission.*.weight", "generative.emission.mean.bias", false)]
    [DataRow("generative.emission.*.weight", "inference.head.map.weight", false)]
    [DataRow("*.layers.?.bias", "generative.emission.hidden.layers.0.bias", true)]
    [DataRow("*.Weight", "head.weight", false)]
    public void PatternsCoverNames(string pattern, string name, bool covers) =>
        Assert.AreEqual(covers, new WeightPenalty { Pattern = pattern }.Covers(name));

    [TestMethod]
    public void TheSumAndItsGradientAreThoseOfTheFormula()
    {
        using var scope = NewDisposeScope();
        var a = new Parameter(tensor(new[] { 1.5, -2 }));
        var b = new Parameter(tensor(new[] { 3.0 }));
        var frozen = new Parameter(tensor(new[] { 100.0 }));
        var penalties = new WeightPenalty[] { new() { Pattern = "a*", L1 = 0.5 }, new() { L2 = 0.25 } };
        var terms = new PenaltyTerms(penalties, [("a.weight", a), ("b.weight", b), ("a.frozen", frozen)], [a, b]);
        // 0.5·(1.5 + 2) + 0.25·(2.25 + 4 + 9)
        Assert.AreEqual(1.75 + 3.8125, terms.Sum()!.item<double>(), 1e-12);
        FiniteDifferences.AssertGradients([("a", a), ("b", b)], () => terms.Sum()!);
        Assert.IsNull(PenaltyTerms.None.Sum());
    }

    [TestMethod]
    public void APenaltyShrinksTheWeightsThatItNamesAndNoOther()
    {
        double[] plain = Norms(null), penalised = Norms([new WeightPenalty { Pattern = "generative.emission.*.weight", L2 = 5 }]);
        Assert.IsTrue(penalised[0] < 0.5 * plain[0], $"emission {plain[0]} became {penalised[0]}");
        Assert.IsTrue(penalised[1] > 0.8 * plain[1], $"inference {plain[1]} became {penalised[1]}");
    }

    [TestMethod]
    public void APatternThatNamesNothingIsAnErrorThatListsTheNames()
    {
        var error = Assert.ThrowsExactly<OptionsException>(() => Norms([new() { L1 = 1 }, new() { Pattern = "generative.emision.*", L1 = 1 }]));
        foreach (string part in new[] { "Penalties[1].Pattern", "'generative.emision.*'", "generative.emission.mean.weight", "proposal." })
            StringAssert.Contains(error.Message, part);
        Assert.IsFalse(error.Message.Contains("Penalties[0]", StringComparison.Ordinal));
    }

    private static double[] Norms(IReadOnlyList<WeightPenalty>? penalties)
    {
        var ml = new MLContext();
        var options = Rows.Options(epochs: 15) with { LearningRate = 0.02, Penalties = penalties };
        using var model = ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows.Make(30)));
        return [Norm(model.Networks.Generative.Emission), Norm(model.Networks.Inference)];
    }

    private static double Norm(TorchSharp.torch.nn.Module module) =>
        Math.Sqrt(module.named_parameters().Where(p => p.name.EndsWith("weight", StringComparison.Ordinal))
            .Sum(p => p.parameter.detach().square().sum().item<float>()));
}
