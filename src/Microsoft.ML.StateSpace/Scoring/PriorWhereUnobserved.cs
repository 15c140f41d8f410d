using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>A filtering proposal that draws from p(z_t | past) wherever a row's step is not observed at all: there the prior
/// is the exact posterior, every weight stays as it was, and log p(x_t | x_1 … x_{t−1}) is exactly 0.</summary>
internal sealed class PriorWhereUnobserved(InferenceModule proposal) : InferenceModule(nameof(PriorWhereUnobserved), proposal.ReadsMask)
{
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => proposal.Encode(batch, dropoutNoise);

    public override bool ReadsByStep => proposal.ReadsByStep;

    internal override bool EncodesApart => proposal.EncodesApart;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried) => proposal.Read(batch, rows, carried);

    public override bool ReadsPrior => true;

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var proposed = proposal.Posterior(query);
        var all = query.Encoding.Batch.Observed;
        return all is null ? proposed
            : new RowChoice(query.Rows.Of(all).ne(0).any(-1, keepdim: true), proposed, query.Prior!);
    }
}
