using System.Collections.Immutable;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>The parts that JSON can name: one table per kind.</summary>
internal static class Kinds
{
    /// <summary>The JSON property that names a part.</summary>
    public const string Discriminator = "type";

    private static ImmutableDictionary<Type, (string Name, Type Part)[]> s_tables = new Dictionary<Type, (string Name, Type Part)[]>
    {
        [typeof(GenerativeModel)] = [("DeepMarkov", typeof(DeepMarkovModel)), ("Vrnn", typeof(VrnnModel)), ("Srnn", typeof(SrnnModel)),
            ("LinearGaussian", typeof(LinearGaussianModel)), ("ContinuousLinearGaussian", typeof(ContinuousLinearGaussianModel)),
            ("GaussianHmm", typeof(GaussianHmmModel))],
        [typeof(Transition)] = [("Gated", typeof(GatedTransition)), ("Mlp", typeof(MlpTransition)), ("Linear", typeof(LinearTransition)),
            ("ParallelGated", typeof(ParallelGatedTransition)), ("Function", typeof(FunctionTransition))],
        [typeof(Emission)] = [("Bernoulli", typeof(BernoulliEmission)), ("Gaussian", typeof(GaussianEmission)),
            ("Categorical", typeof(CategoricalEmission)), ("Poisson", typeof(PoissonEmission)),
            ("NegativeBinomial", typeof(NegativeBinomialEmission)), ("StudentT", typeof(StudentTEmission)),
            ("DiscretizedGaussian", typeof(DiscretizedGaussianEmission)), ("Nade", typeof(NadeEmission)),
            ("Function", typeof(FunctionEmission))],
        [typeof(InferenceNetwork)] = [("Structured", typeof(StructuredInference)), ("MeanField", typeof(MeanFieldInference)),
            ("Iterative", typeof(IterativeInference)),
            ("Prior", typeof(PriorProposal)), ("FilteringPath", typeof(FilteringPathProposal)), ("SmoothingPath", typeof(SmoothingPathProposal)),
            ("Exact", typeof(ExactInference)), ("PerStepLinear", typeof(PerStepLinearInference)),
            ("Flow", typeof(FlowInference)), ("PriorProduct", typeof(PriorProductInference)), ("OpenLoop", typeof(OpenLoopInference))],
        [typeof(Bound)] = [("Elbo", typeof(Elbo)), ("Iwae", typeof(Iwae)), ("Fivo", typeof(Fivo)), ("Aesmc", typeof(Aesmc)),
            ("ExactLikelihood", typeof(ExactLikelihood)), ("ExpectationMaximization", typeof(ExpectationMaximization))],
        [typeof(ResamplingCriterion)] =
        [
            ("EffectiveSampleSize", typeof(EffectiveSampleSizeCriterion)), ("Always", typeof(AlwaysCriterion)),
            ("Never", typeof(NeverCriterion)), ("EveryN", typeof(EveryNCriterion)), ("Steps", typeof(StepsCriterion)),
        ],
        [typeof(ResamplingScheme)] =
        [
            ("Multinomial", typeof(MultinomialResampling)), ("Systematic", typeof(SystematicResampling)),
            ("Stratified", typeof(StratifiedResampling)), ("Relaxed", typeof(RelaxedResampling)),
        ],
        [typeof(KlSchedule)] = [("LinearInUpdates", typeof(LinearInUpdates)), ("PowerOfEpoch", typeof(PowerOfEpoch)), ("LinearInEpochs", typeof(LinearInEpochs))],
        [typeof(Optimizer)] = [("AdamW", typeof(AdamW)), ("Adam", typeof(Adam)), ("RmsProp", typeof(RmsProp)), ("Sgd", typeof(Sgd))],
        [typeof(LearningRateSchedule)] = [("Constant", typeof(ConstantRate)), ("Cosine", typeof(CosineDecay)),
            ("Exponential", typeof(ExponentialDecay)), ("Step", typeof(StepDecay))],
    }.ToImmutableDictionary();

    /// <summary>Raised when a part was added: what was derived from the tables is stale.</summary>
    public static event Action? Changed;

    /// <summary>The parts of a kind by name; empty when the type is no kind.</summary>
    public static IReadOnlyList<(string Name, Type Part)> Of(Type kind) => s_tables.TryGetValue(kind, out var table) ? table : [];

    /// <summary>Adds a part; the same one again changes nothing.</summary>
    /// <exception cref="ArgumentException">The kind is none, or the name or the part is in its table already beside another.</exception>
    public static void Add(Type kind, string name, Type part)
    {
        if (!s_tables.ContainsKey(kind))
            throw new ArgumentException($"{kind.Name} is no kind of part; the kinds are {string.Join(", ", s_tables.Keys.Select(k => k.Name).Order())}.");
        if (Of(kind).Contains((name, part)))
            return;
        if (Of(kind).FirstOrDefault(entry => entry.Name == name || entry.Part == part) is { Name: not null } other)
            throw new ArgumentException($"'{name}' cannot name {part.Name}: '{other.Name}' already names {other.Part.Name}.");
        ImmutableInterlocked.Update(ref s_tables, tables => tables.SetItem(kind, [.. tables[kind], (name, part)]));
        Changed?.Invoke();
    }
}
