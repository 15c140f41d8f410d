using System.Text.Json.Serialization;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Trainers;

public sealed partial class DeepMarkovTrainer
{
    /// <summary>Everything a <see cref="DeepMarkovTrainer"/> can be told. The same JSON is the command line's config file.</summary>
    public sealed record Options : TrainingOptions
    {
        /// <summary>Vector column of T·D numbers, step-major; NaN is missing. Default "Observations".</summary>
        public string ObservationColumnName { get; init; } = "Observations";

        /// <summary>Vector column of T or T·D numbers or Booleans, 0 where missing; null: none. Default null.</summary>
        public string? MaskColumnName { get; init; }

        /// <summary>Column that names each row and seeds its noise; null: the row's values do. Default null.</summary>
        public string? SequenceIdColumnName { get; init; }

        /// <summary>D, numbers per step; null: the last dimension of a fixed vector type [T, D]. Default null.</summary>
        public int? ObservationSize { get; init; }

        /// <summary>Vector column of (T+H)·U numbers, step-major: what is done to the system; null: none. Default null.</summary>
        public string? ControlColumnName { get; init; }

        /// <summary>U, controls per step; null: the last dimension of a fixed vector type [T, U]. Default null.</summary>
        public int? ControlSize { get; init; }

        /// <summary>Vector column of T or T+H times, in any unit; null: equally spaced steps. Default null.</summary>
        public string? TimeColumnName { get; init; }

        /// <summary>Column of numbers that hold for a whole sequence, past and future: a number or a vector. They follow the controls of
        /// every step. Null: none. Default null.</summary>
        public string? StaticColumnName { get; init; }

        /// <summary>S, static covariates; null: the size of a fixed vector type, 1 for a number. Default null.</summary>
        public int? StaticSize { get; init; }

        /// <summary>Whether the model computes in units in which the training data have mean 0 and deviation 1; whatever it reads and gives
        /// out stays in the data's. Default: where the emission is of real numbers; controls and times always, unless the
        /// generative model's options are in the data's units themselves.</summary>
        public StandardisationMode Standardisation { get; init; } = StandardisationMode.Auto;

        /// <summary>A linear regression on the controls that is a part of the standardisation: the model sees what it leaves over. Null: none. Default null.</summary>
        public ControlRegression? Regression { get; init; }

        /// <summary>p(x, z). Default: a deep Markov model with gated transition and Gaussian emission.</summary>
        public GenerativeModel Generative { get; init; } = new DeepMarkovModel();

        /// <summary>q(z | x). Default: structured, backward over an LSTM (ST-R).</summary>
        public InferenceNetwork Inference { get; init; } = new StructuredInference();

        /// <summary>What training maximises. Default: the ELBO.</summary>
        public Bound Bound { get; init; } = new Elbo();

        /// <summary>The network that proposes the filter's particles, and how it is fitted.</summary>
        public FilteringProposal FilteringProposal { get; init; } = new();

        /// <summary>Share of the sequences held out for validation when no validation set is given. Default 0.1.</summary>
        public double ValidationFraction { get; init; } = 0.1;

        /// <summary>H, the steps that forecasts reach. Default 1.</summary>
        public int Horizon { get; init; } = 1;

        /// <summary>Probability of the forecasts' central interval. Default 0.9.</summary>
        public double ConfidenceLevel { get; init; } = 0.9;

        /// <summary>Probabilities of the forecasts' quantiles, in column ForecastQuantiles; empty: none. Default 0.1, 0.5, 0.9.</summary>
        public IReadOnlyList<double> Quantiles { get; init; } = [0.1, 0.5, 0.9];

        /// <summary>N, the forecasts' sample paths, in column ForecastPaths; at most one per particle. Default 0: no such column.</summary>
        public int SamplePaths { get; init; }

        /// <summary>Observed steps of the validation sequences, at most, that anomaly scores are calibrated on once the model is trained;
        /// 0: scores are the model's own tail probabilities, as where there are fewer than 100 steps. Default 5000.</summary>
        public int CalibrationSteps { get; init; } = 5000;

        /// <summary>How latents, likelihoods and forecasts are found. Default: exactly where the model is linear-Gaussian, else by particles.</summary>
        public FilterMethod Filter { get; init; } = FilterMethod.Auto;

        /// <summary>Particles of the filter. Default 256.</summary>
        public int Particles { get; init; } = 256;

        /// <summary>Sample paths behind smoothed means and deviations. Default 64.</summary>
        public int SmoothingSamples { get; init; } = 64;

        /// <summary>"cpu", "cuda", "cuda:1" or "auto"; null: what the MLContext's GpuDeviceId and FallbackToCpu say. Default null.</summary>
        public string? Device { get; init; }

        /// <summary>Sequences to validate on; null: <see cref="ValidationFraction"/> of the training data.</summary>
        [JsonIgnore]
        public IDataView? ValidationSet { get; init; }

        /// <summary>A trained model, or a chain that holds one, whose weights training begins with where name and shape agree; what
        /// begins fresh or is left over is named in a warning. Null: all begin fresh. Default null.</summary>
        [JsonIgnore]
        public ITransformer? InitialModel { get; init; }

        /// <summary>A file that the training writes its whole state into again and again, replacing what is there, so that it can be gone
        /// on with after an interruption; null: none. Default null.</summary>
        [JsonIgnore]
        public string? CheckpointPath { get; init; }

        /// <summary>How often. Default: after every epoch.</summary>
        [JsonIgnore]
        public CheckpointInterval CheckpointEvery { get; init; } = CheckpointInterval.EveryEpoch;

        /// <summary>A checkpoint to go on from, of the same options and data: on a CPU the outcome is, to the bit, that of a training which was
        /// never interrupted. <see cref="TrainingOptions.MaxTime"/>, which may be another, counts the time before. Null: begin. Default null.</summary>
        [JsonIgnore]
        public string? ResumeFrom { get; init; }

        /// <summary>Sees every update and epoch, and may stop.</summary>
        [JsonIgnore]
        public ITrainingObserver? Observer { get; init; }

        /// <summary>Stops the training at the next batch; the best model so far is kept.</summary>
        [JsonIgnore]
        public CancellationToken CancellationToken { get; init; }

        internal SequenceColumns Columns => new(ObservationColumnName, MaskColumnName, SequenceIdColumnName, ObservationSize,
            ControlColumnName, ControlSize, TimeColumnName, StaticColumnName, StaticSize);

        internal ScoringOptions Scoring => new()
        {
            Filter = Filter,
            Particles = Particles,
            SmoothingSamples = SmoothingSamples,
            Horizon = Horizon,
            ConfidenceLevel = ConfidenceLevel,
            Quantiles = Quantiles,
            SamplePaths = SamplePaths,
            Seed = KnownSeed,
        };

        /// <summary>Equal when their JSON is, and what only code can set is the same.</summary>
        public bool Equals(Options? other) => ReferenceEquals(this, other) || (other is not null
            && ReferenceEquals(ValidationSet, other.ValidationSet) && ReferenceEquals(InitialModel, other.InitialModel)
            && ReferenceEquals(Observer, other.Observer) && CancellationToken == other.CancellationToken
            && OptionsJson.Write(this) == OptionsJson.Write(other));

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(ObservationColumnName, Epochs, BatchSize, Horizon, Particles, Seed);

        /// <summary>Checks every option.</summary>
        /// <exception cref="OptionsException">Lists every fault by the option's name.</exception>
        public void Check()
        {
            var faults = Validate()
                .Concat(Generative.Validate().Select(f => $"Generative.{f}"))
                .Concat(Inference.Validate().Select(f => $"Inference.{f}"))
                .Concat(Bound.Validate().Select(f => $"Bound.{f}"))
                .Concat(FilteringProposal.Validate().Select(f => $"FilteringProposal.{f}"))
                .Concat(ValidateScoring()).ToList();
            if (faults.Count == 0)
                faults.AddRange(ValidateCombination());
            if (faults.Count > 0)
                throw new OptionsException(string.Join(" ", faults));
        }

        // What the parts declare decides; that the parts themselves are in order comes first.
        private IEnumerable<string> ValidateCombination()
        {
            foreach (string fault in Inference.FaultsWith(Generative).Concat(Bound.FaultsWith(Generative, Inference)))
                yield return fault;
            if (Inference.UsesFuture)
                foreach (string fault in FilteringProposal.NetworkFor(Inference, Generative).FaultsWith(Generative))
                    yield return $"FilteringProposal: {fault}";
            if (Workers > 1 && !Bound.IsConcurrent)
                yield return $"Workers is {Workers}, but threads cannot share this Bound, which freezes networks or keeps numbers from update to update; set it to 1.";
            if (Workers > 1 && Inference.LearnsItself)
                yield return $"Workers is {Workers}, but Inference learns by itself step by step, which threads cannot share; set it to 1.";
            if (Bound is ExpectationMaximization && UpdatesPerEpoch is not null)
                yield return "UpdatesPerEpoch is set, but Bound is ExpectationMaximization, whose epochs are passes over all the data; leave it out.";
            if (Filter == FilterMethod.Unscented && !Generative.IsGaussianMarkov)
                yield return "Filter is Unscented, which needs a Generative whose transition and emission are Gaussian with independent components "
                    + "and read nothing but z and the known inputs; set Filter to Auto.";
            if (ControlColumnName is not null && !Generative.ReadsControls && Regression is null)
                yield return "ControlColumnName is set, but Generative does not read controls; set its Conditioning or remove the column.";
            if (TimeColumnName is not null && !Generative.ReadsTimes)
                yield return "TimeColumnName is set, but Generative does not read times; set its Conditioning or remove the column.";
            if (StaticColumnName is not null && !Generative.ReadsControls && Regression is null)
                yield return "StaticColumnName is set, but Generative does not read controls, which static covariates are a part of; set its Conditioning or remove the column.";
            if (Standardisation == StandardisationMode.On && !Generative.IsRealValued)
                yield return "Standardisation is On, but Generative describes no real numbers of any unit; set Auto or Off, or choose a Gaussian or StudentT emission.";
            if (Regression is not null && (Standardisation == StandardisationMode.Off || !Generative.IsRealValued || Generative.IsInDataUnits))
                yield return "Regression is a part of the standardisation, which is off for this model; set Standardisation, choose a Gaussian or StudentT emission, or remove it.";
            foreach (string fault in Regression?.Validate() ?? [])
                yield return $"Regression.{fault}";
            if (Regression is not null && ControlColumnName is null && StaticColumnName is null)
                yield return "Regression is set, but there are no controls to regress on; set ControlColumnName or StaticColumnName.";
            // Sizes that are not given are the data's, which are not there yet: of them only what is not there at all counts.
            int controls = (ControlColumnName is null ? 0 : ControlSize ?? int.MaxValue - 1) + (StaticColumnName is null ? 0 : 1);
            var data = new DataShape(ObservationSize ?? 1, controls, TimeColumnName is not null);
            foreach (string fault in ObservationSize is null ? Generative.FaultsWithInputs(data) : Generative.FaultsWith(data))
                yield return fault;
        }

        private IEnumerable<string> ValidateScoring()
        {
            if (string.IsNullOrEmpty(ObservationColumnName))
                yield return "ObservationColumnName is empty.";
            if (ObservationSize < 1)
                yield return $"ObservationSize is {ObservationSize}; it must be at least 1.";
            if (ControlSize < 1)
                yield return $"ControlSize is {ControlSize}; it must be at least 1.";
            if (ControlSize is not null && ControlColumnName is null)
                yield return "ControlSize is set, but ControlColumnName is not.";
            if (StaticSize < 1)
                yield return $"StaticSize is {StaticSize}; it must be at least 1.";
            if (StaticSize is not null && StaticColumnName is null)
                yield return "StaticSize is set, but StaticColumnName is not.";
            if (!Enum.IsDefined(Standardisation))
                yield return $"Standardisation is {Standardisation}; it must be Auto, On or Off.";
            if (ValidationFraction is not (> 0 and < 1))
                yield return $"ValidationFraction is {ValidationFraction}; it must lie between 0 and 1.";
            if (Horizon < 1)
                yield return $"Horizon is {Horizon}; it must be at least 1.";
            if (ConfidenceLevel is not (> 0 and < 1))
                yield return $"ConfidenceLevel is {ConfidenceLevel}; it must lie between 0 and 1.";
            foreach (string fault in ForecastOptions.FaultsOf(Quantiles))
                yield return fault;
            if (SamplePaths < 0 || SamplePaths > Math.Max(0, Particles))
                yield return $"SamplePaths is {SamplePaths}; it must be at least 0, and at most Particles, which is {Particles}.";
            if (CalibrationSteps < 0)
                yield return $"CalibrationSteps is {CalibrationSteps}; it must be at least 0.";
            if (!Enum.IsDefined(Filter))
                yield return $"Filter is {Filter}; it must be Auto, Particle or Unscented.";
            if (Particles < 1)
                yield return $"Particles is {Particles}; it must be at least 1.";
            if (SmoothingSamples < 1)
                yield return $"SmoothingSamples is {SmoothingSamples}; it must be at least 1.";
            if (InitialModel is not null && InitialWeights.PartOf(InitialModel) is null)
                yield return $"InitialModel is a {InitialModel.GetType().Name}; it must be or hold a {nameof(DeepMarkovTransformer)}.";
            if (CheckpointPath is "")
                yield return "CheckpointPath is empty; null writes no checkpoints.";
            if (ResumeFrom is "")
                yield return "ResumeFrom is empty; null begins the training.";
            foreach (string fault in CheckpointEvery?.Validate() ?? ["is null."])
                yield return $"CheckpointEvery.{fault}";
            if (Device is not null && !DeviceChoice.IsKnown(Device))
                yield return $"Device is '{Device}'; it must be 'cpu', 'cuda', 'cuda:N' or 'auto'.";
        }
    }
}
