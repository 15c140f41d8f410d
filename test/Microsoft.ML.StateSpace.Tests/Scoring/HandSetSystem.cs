using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Scoring;

/// <summary>z_1 ~ N(m, p), z_t ~ N(a z + b u_t + c, q), x_t ~ N(k z_t + d, r), all scalars, as a deep Markov model whose weights are set by hand.</summary>
internal static class HandSetSystem
{
    public const double A = 0.8, B = 0.5, C = 0.1, Q = 0.3, InitialMean = 0.4, InitialVariance = 0.5, K = 1.5, D = -0.2, R = 0.2;

    /// <summary>Its networks, with a small untrained forward network as the proposal.</summary>
    public static StateSpaceNetworks Create()
    {
        var model = new DeepMarkovModel
        {
            LatentSize = 1,
            Transition = new LinearTransition(),
            Emission = new GaussianEmission { HiddenLayers = 0, VarianceDependsOnLatent = false },
            Conditioning = new Conditioning(),
        };
        var inference = new StructuredInference { Direction = Direction.Forward, Cell = RnnCell.Gru, HiddenSize = 4 };
        var networks = new ModelParts(model, inference, new FilteringProposal(), new DataShape(1, ControlSize: 1), ReadsMask: true).Create(3);
        networks.eval();
        Set(networks, "generative.initialMean", InitialMean);
        Set(networks, "generative.initialLogVariance", Math.Log(InitialVariance));
        Set(networks, "generative.transition.mean.weight", A, B);
        Set(networks, "generative.transition.mean.bias", C);
        Set(networks, "generative.transition.variance", Math.Log(Math.Exp(Q) - 1));
        Set(networks, "generative.emission.mean.weight", K);
        Set(networks, "generative.emission.mean.bias", D);
        Set(networks, "generative.emission.commonLogVariance", Math.Log(R));
        return networks;
    }

    /// <summary>Mean and variance of z a step on.</summary>
    public static (double Mean, double Variance) Next((double Mean, double Variance) z, double control) =>
        (A * z.Mean + B * control + C, A * A * z.Variance + Q);

    /// <summary>Mean and variance of z once x is seen.</summary>
    public static (double Mean, double Variance) Given((double Mean, double Variance) z, double x)
    {
        double gain = z.Variance * K / (K * K * z.Variance + R);
        return (z.Mean + gain * (x - K * z.Mean - D), (1 - gain * K) * z.Variance);
    }

    private static void Set(StateSpaceNetworks networks, string name, params double[] values)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var parameter = networks.named_parameters().Single(p => p.name == name).parameter;
        parameter.copy_(tensor(values, ScalarType.Float32).view(parameter.shape));
    }
}
