using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Streaming;

/// <summary>An inference network of somebody's own that says nothing of single steps.</summary>
internal sealed record WholeSequenceInference : InferenceNetwork
{
    public override bool UsesFuture => false;

    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) => new Module(readsMask);

    public override IEnumerable<string> Validate() => [];

    private sealed class Module(bool readsMask) : InferenceModule("whole", readsMask)
    {
        public override bool ReadsPrior => true;

        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch);

        public override LatentDistribution Posterior(PosteriorQuery query) => query.Prior!;
    }
}
