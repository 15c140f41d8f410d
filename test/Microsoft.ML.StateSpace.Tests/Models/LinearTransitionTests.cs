using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

[TestClass]
public class LinearTransitionTests
{
    /// <summary>After a period every oscillation is where it began, at half of one it is upside down; the other latents stay, and controls do nothing yet.</summary>
    [TestMethod]
    public void LatentsBeginAsOscillationsOfThePeriods()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var transition = new LinearTransition { Periods = [24, 2.5] }.Create(7, 5, new Initializer(1));
        transition.to(ScalarType.Float64);
        var start = tensor(new[] { 1.0, 2, -1, 0.5, 3 });
        var latent = start;
        var after = new List<Tensor> { start };
        for (int t = 0; t < 24; t++)
            after.Add(latent = transition.call(cat([latent, tensor(new[] { 7.0, -7 })]).unsqueeze(0)).Mean.squeeze(0));
        AssertClose(start.narrow(0, 0, 2), after[24].narrow(0, 0, 2));
        AssertClose(-start.narrow(0, 0, 2), after[12].narrow(0, 0, 2));
        Assert.AreEqual(Math.Cos(2 * Math.PI / 24) + 2 * Math.Sin(2 * Math.PI / 24), after[1][0].item<double>(), 1e-6);
        AssertClose(start.narrow(0, 2, 2), after[5].narrow(0, 2, 2));
        Assert.IsTrue((after[1].narrow(0, 2, 2) - start.narrow(0, 2, 2)).abs().max().item<double>() > 2);
        Assert.AreEqual(3, after[24][4].item<double>(), 1e-6);
    }

    [TestMethod]
    public void PeriodsAreValidated()
    {
        Assert.AreEqual("Periods holds 1; each must be above 1.", new LinearTransition { Periods = [24, 1] }.Validate().Single());
        Assert.AreEqual("Transition: 3 periods take 6 latents, but LatentSize is 5.",
            new DeepMarkovModel { LatentSize = 5, Transition = new LinearTransition { Periods = [24, 12, 8] } }.Validate().Single());
        Assert.IsFalse(new DeepMarkovModel { LatentSize = 6, Transition = new LinearTransition { Periods = [24, 12, 8] } }.Validate().Any());
    }

    private static void AssertClose(Tensor expected, Tensor found) => Assert.AreEqual(0, (expected - found).abs().max().item<double>(), 1e-5);

    [TestMethod]
    public void EqualPeriodsAreEqual()
    {
        Assert.AreEqual(new LinearTransition { Periods = [24, 12] }, new LinearTransition { Periods = [24, 12] });
        Assert.AreNotEqual(new LinearTransition { Periods = [24, 12] }, new LinearTransition { Periods = [12, 24] });
    }
}
