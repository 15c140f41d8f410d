using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A filtering proposal that draws from p(z_t | past) wherever a row's step is not observed at all: there the prior
/// is the exact posterior, every weight stays as it was, and log p(x_t | x_1 … x_{t−1}) is exactly 0.</summary>
internal sealed class PriorWhereUnobserved(InferenceModule proposal) : InferenceModule(nameof(PriorWhereUnobserved), proposal.ReadsMask)
{
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => proposal.Encode(batch, dropoutNoise);

    public override bool ReadsPrior => true;

    public override DiagonalGaussian Posterior(Encoding encoding, PackedRange rows, ModelState? previous, DiagonalGaussian? prior)
    {
        var proposed = proposal.Posterior(encoding, rows, previous, prior);
        if (encoding.Batch.Observed is null)
            return proposed;
        var observed = rows.Of(encoding.Batch.Observed).ne(0).any(-1, keepdim: true);
        return new DiagonalGaussian(where(observed, proposed.Mean, prior!.Mean), where(observed, proposed.Variance, prior.Variance));
    }
}
