using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

[TestClass]
public class ReconstructorTests
{
    // Φ⁻¹(0.9)
    private const double Quantile = 1.2815515655446004;

    [TestMethod]
    public void ALinearGaussianModelReconstructsByTheSmoothersMoments()
    {
        var model = LinearGaussianCase.Make(type: ScalarType.Float32);
        using var networks = LinearGaussianCase.Networks(model);
        var oracle = LinearGaussianCase.Oracle(model.Parameters());
        var sequences = LinearGaussianCase.Sequences(missing: 0.3);
        Reconstruction[] found = new Reconstructor(networks, 6000, 1, CPU).Run(sequences, 0.1, 0.9);
        for (int i = 0; i < sequences.Count; i++)
        {
            var (values, observed) = LinearGaussianCase.Rows(sequences[i]);
            var (_, mean, covariance) = new DenseGaussianOracle(oracle, values.Length).Condition(values, observed);
            for (int t = 0; t < values.Length; t++)
                for (int d = 0; d < 2; d++)
                {
                    double expected = oracle.EmissionOffset[d], variance = oracle.EmissionCovariance[d, d];
                    for (int a = 0; a < 3; a++)
                    {
                        expected += oracle.Emission[d, a] * mean[3 * t + a];
                        for (int b = 0; b < 3; b++)
                            variance += oracle.Emission[d, a] * covariance[3 * t + a, 3 * t + b] * oracle.Emission[d, b];
                    }
                    double deviation = Math.Sqrt(variance);
                    Assert.AreEqual(expected, found[i].Mean[2 * t + d], 0.1 * deviation, $"mean, row {i}, step {t}");
                    Assert.AreEqual(expected - Quantile * deviation, found[i].Lower[2 * t + d], 0.12 * deviation, $"lower, row {i}, step {t}");
                    Assert.AreEqual(expected + Quantile * deviation, found[i].Upper[2 * t + d], 0.12 * deviation, $"upper, row {i}, step {t}");
                }
        }
    }

    [TestMethod]
    public void WhatComesOutIsInTheDatasUnits()
    {
        var scaling = new SequenceScaling(new ColumnScale([3, -20], [0.25, 16]), null, null);
        var model = LinearGaussianCase.Make(type: ScalarType.Float32);
        using var plain = LinearGaussianCase.Networks(model);
        using var scaled = new StateSpaceNetworks(plain.Generative, plain.Inference, null) { Scaling = scaling };
        var sequences = LinearGaussianCase.Sequences(missing: 0.3);
        Reconstruction[] inModel = new Reconstructor(plain, 8, 1, CPU).Run([.. sequences.Select(s => s.Scaled(scaling))], 0.1, 0.9);
        Reconstruction[] inData = new Reconstructor(scaled, 8, 1, CPU).Run(sequences, 0.1, 0.9);
        foreach (var (model1, data1) in inModel.Zip(inData))
            foreach (var (standard, raw) in new[] { (model1.Mean, data1.Mean), (model1.Lower, data1.Lower), (model1.Upper, data1.Upper) })
                for (int k = 0; k < raw.Length; k++)
                    Assert.AreEqual(standard[k] * scaling.Observations!.Deviation[k % 2] + scaling.Observations.Mean[k % 2], raw[k], 1e-3);
    }

    [TestMethod]
    [DataRow("vrnn")]
    [DataRow("nade")]
    public void ARowIsReconstructedTheSameAloneAndAmongOthers(string kind)
    {
        GenerativeModel model = kind == "vrnn" ? new VrnnModel { LatentSize = 2, HiddenSize = 4, Emission = new BernoulliEmission { HiddenSize = 4 } }
            : new DeepMarkovModel { LatentSize = 2, Emission = new NadeEmission { HiddenSize = 4, NadeSize = 3 } };
        using var networks = new ModelParts(model, new StructuredInference { HiddenSize = 4 }, new FilteringProposal(), new DataShape(3), ReadsMask: true).Create(5);
        networks.eval();
        var sequences = RandomSequences.Make(4, 3, 8, missing: 0.3, binary: true);
        var reconstructor = new Reconstructor(networks, 32, 1, CPU);
        Reconstruction[] together = reconstructor.Run(sequences, 0.1, 0.9);
        for (int i = 0; i < sequences.Count; i++)
        {
            Reconstruction alone = reconstructor.Run([sequences[i]], 0.1, 0.9)[0];
            Assert.HasCount(3 * sequences[i].Steps, alone.Mean);
            for (int k = 0; k < 3 * sequences[i].Length; k++)
            {
                Assert.AreEqual(together[i].Mean[k], alone.Mean[k], 1e-5);
                Assert.IsTrue(alone.Mean[k] is >= 0 and <= 1);
            }
            Assert.IsTrue(alone.Mean.Skip(3 * sequences[i].Length).All(float.IsNaN));
        }
    }
}
