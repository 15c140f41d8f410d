using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>What a product of a <see cref="ScanTape"/> can read, step by step.</summary>
internal interface ITapeSource
{
    /// <summary>d.</summary>
    long Size { get; }

    /// <summary>What the first rows of a step read, [row·N, d]; null: all read zeros, as those beyond do.</summary>
    Tensor? At(int step);

    /// <summary>Where in memory each of those rows begins; returns how many there are.</summary>
    int RowsAt(int step, Span<nint> rows);

    /// <summary>Where the gradients of those rows begin; returns whether no two are the same. None: <see cref="AddProduct"/> adds to them.</summary>
    bool GradientRowsAt(int step, Span<nint> rows, out int count);

    /// <summary>Adds <paramref name="gradient"/> · <paramref name="weight"/>, of all rows of a step, to what they read.</summary>
    void AddProduct(int step, Tensor gradient, Tensor weight);

    /// <summary>The gradient of weights [out, d] that all steps' rows were multiplied with.</summary>
    /// <param name="ofProducts">That of the products, [S·N, out].</param>
    Tensor OfWeights(Tensor ofProducts);
}
