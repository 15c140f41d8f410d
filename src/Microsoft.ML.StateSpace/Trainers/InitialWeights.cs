using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Fine-tuning: weights of an earlier model where names and shapes agree.</summary>
internal static class InitialWeights
{
    /// <summary>The state space part of a model, or null.</summary>
    public static DeepMarkovTransformer? PartOf(ITransformer model) =>
        model as DeepMarkovTransformer ?? (model as IEnumerable<ITransformer>)?.Select(PartOf).FirstOrDefault(p => p is not null);

    /// <summary>Copies what fits; warns of weights that keep their fresh values, and of earlier ones that have no place.</summary>
    /// <exception cref="OptionsException">Nothing fits.</exception>
    public static void Copy(StateSpaceNetworks from, StateSpaceNetworks to, IChannel channel)
    {
        var source = from.state_dict();
        var target = to.state_dict();
        string[] shared = [.. target.Keys.Where(n => source.TryGetValue(n, out var w) && w.shape.SequenceEqual(target[n].shape))];
        if (shared.Length == 0)
            throw new OptionsException("InitialModel has no weight of a name and shape that this model has; leave it out, or use its options.");
        using (no_grad())
            foreach (string name in shared)
                target[name].copy_(source[name]);
        Warn(channel, "InitialModel has no weights of that name and shape, which therefore begin fresh", target.Keys.Except(shared));
        Warn(channel, "InitialModel's weights without a place in this model", source.Keys.Except(shared));
    }

    private static void Warn(IChannel channel, string what, IEnumerable<string> names)
    {
        string list = string.Join(", ", names.Order(StringComparer.Ordinal));
        if (list.Length > 0)
            channel.Warning(MessageSensitivity.None, "{0}: {1}.", what, list);
    }
}
