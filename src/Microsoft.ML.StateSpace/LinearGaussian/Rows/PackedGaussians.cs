using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>A Gaussian of every packed step, all steps together.</summary>
/// <param name="Means">Packed [S, Z].</param>
/// <param name="Covariances">Of every packed step.</param>
internal sealed record PackedGaussians(Tensor Means, PackedMatrices Covariances)
{
    /// <summary>The means of a step, [row, Z].</summary>
    public Tensor MeansOf(int step) => Means.narrow(0, Covariances.Start(step), Covariances.Rows(step));

    /// <summary>The last step of every sequence: mean [B, Z], covariance [B, Z, Z].</summary>
    public GaussianMoments Last()
    {
        using var scope = NewDisposeScope();
        var places = new int[Covariances.Rows(0)];
        for (int t = 0; t < Covariances.Count; t++)
            for (int row = 0; row < Covariances.Rows(t); row++)
                places[row] = Covariances.Start(t) + row;
        var index = tensor(Array.ConvertAll(places, place => (long)place));
        return new GaussianMoments(Means.index_select(0, index), Covariances.Of(places)).MoveToOuterDisposeScope();
    }
}
