using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>z_1 ~ N(m_0, P_0), z_t ~ N(A z_{t-1} + b, Q), x_t ~ N(C z_t + d, R); every matrix in double.</summary>
internal sealed record LinearGaussianSystem
{
    public required double[] InitialMean { get; init; }

    public required double[,] InitialCovariance { get; init; }

    public required double[,] Transition { get; init; }

    public required double[] TransitionOffset { get; init; }

    public required double[,] TransitionCovariance { get; init; }

    public required double[,] Emission { get; init; }

    public required double[] EmissionOffset { get; init; }

    public required double[,] EmissionCovariance { get; init; }

    public int LatentSize => InitialMean.Length;

    public int ObservationSize => EmissionOffset.Length;

    /// <summary>The scalar system synthetic9.</summary>
    public static LinearGaussianSystem Synthetic9()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic9");
        return new LinearGaussianSystem
        {
            InitialMean = [0],
            InitialCovariance = new[,] { { system.InitialVariance } },
            Transition = new[,] { { 1.0 } },
            TransitionOffset = [0.05],
            TransitionCovariance = new[,] { { system.TransitionVariance } },
            Emission = new[,] { { system.Emission[0, 0] } },
            EmissionOffset = [0],
            EmissionCovariance = new[,] { { system.ObservationVariance } },
        };
    }

    /// <summary>A stable system with one latent and two observed dimensions.</summary>
    public static LinearGaussianSystem OneByTwo() => new()
    {
        InitialMean = [0.3],
        InitialCovariance = new[,] { { 0.8 } },
        Transition = new[,] { { 0.9 } },
        TransitionOffset = [0.05],
        TransitionCovariance = new[,] { { 0.6 } },
        Emission = new[,] { { 1.2 }, { -0.4 } },
        EmissionOffset = [0.1, -0.2],
        EmissionCovariance = new[,] { { 0.5, 0 }, { 0, 0.9 } },
    };

    /// <summary>A stable system with two latent and three observed dimensions and full covariances.</summary>
    public static LinearGaussianSystem TwoByThree() => new()
    {
        InitialMean = [0.3, -0.7],
        InitialCovariance = new[,] { { 1.5, 0.4 }, { 0.4, 0.8 } },
        Transition = new[,] { { 0.9, 0.3 }, { -0.2, 0.7 } },
        TransitionOffset = [0.1, -0.05],
        TransitionCovariance = new[,] { { 0.5, -0.1 }, { -0.1, 0.3 } },
        Emission = new[,] { { 1.0, 0.2 }, { 0.0, 1.3 }, { -0.6, 0.5 } },
        EmissionOffset = [0.2, 0.0, -0.4],
        EmissionCovariance = new[,] { { 0.6, 0.1, 0.0 }, { 0.1, 0.9, 0.2 }, { 0.0, 0.2, 0.7 } },
    };
}
