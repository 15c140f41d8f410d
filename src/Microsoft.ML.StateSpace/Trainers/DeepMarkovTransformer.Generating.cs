using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;

namespace Microsoft.ML.StateSpace.Trainers;

public sealed partial class DeepMarkovTransformer
{
    /// <exception cref="OptionsException">An option makes no sense.</exception>
    internal void CheckSampling(SampleOptions options, bool hasPrefixes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(options.Validate(hasPrefixes));
    }

    /// <exception cref="OptionsException">An option makes no sense.</exception>
    internal void CheckForecasting(ForecastOptions options)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(options.Validate(options.Particles ?? Options.Particles));
    }

    /// <summary>Rows drawn from the model; what is asked for is checked, and prefixes are read, before anything is drawn.</summary>
    internal IEnumerable<SampledSequence> Sample(SampleOptions options, IDataView? prefixes, FutureControls? controls)
    {
        CheckSampling(options, prefixes is not null);
        var sampler = new Sampler(_networks, options, Scoring(options.Particles, options.Seed), _device);
        if (prefixes is not null)
            return sampler.Continue(ReadPrefixes(options, prefixes, controls));
        if (controls is null && _parts.Data.ControlSize > 0)
            throw new OptionsException($"The model reads controls ('{KnownColumns}'); give them for the sequences to be drawn.");
        if (controls is null)
            return sampler.Draw(null);
        // A number without controls is found out now.
        for (int n = 0; n < options.Samples; n++)
            if (new Future(SequenceInputs.None, 0, controls.Of(n, null)).FaultFor(_parts.Data, options.Length) is { } fault)
                throw new SequenceFormatException(fault).At($"sample {n}, column '{KnownColumns}'");
        return sampler.Draw(n => controls.Of(n, null));
    }

    /// <summary>The data with forecast columns added.</summary>
    internal IDataView Forecast(IDataView data, ForecastOptions options, FutureControls? controls)
    {
        CheckForecasting(options);
        var scoring = Scoring(options.Particles, options.Seed) with { Horizon = options.Horizon ?? Options.Horizon };
        var forecaster = new SequenceForecaster(_networks, options, scoring, _device);
        var binding = new SequenceBinding(data.Schema, Columns, _parts.Generative.FaultOf);
        var idColumn = FutureControls.IdColumn(data.Schema, Options.SequenceIdColumnName);
        return new ForecastDataView(data, new ForecastScoring(data.Schema, binding, forecaster, options, controls, _parts.Data,
            KnownColumns, idColumn));
    }

    /// <summary>Reads controls for the steps that are drawn or forecast.</summary>
    /// <exception cref="OptionsException">The model reads none.</exception>
    internal FutureControls ReadControls(IDataView controls, int steps)
    {
        if (_parts.Data.ControlSize == 0)
            throw new OptionsException("Controls are given, but the model reads none; leave them out.");
        return FutureControls.Read(controls, Columns, FutureControls.IdColumn(controls.Schema, Options.SequenceIdColumnName), steps);
    }

    // The columns of what is known of the steps to come, for messages.
    private string KnownColumns => string.Join("', '", new[] { Options.ControlColumnName, Options.StaticColumnName }.OfType<string>());

    /// <summary>Reads every row as the model reads it.</summary>
    internal List<Sequence> ReadSequences(IDataView data) => SequenceBinding.ReadAll(data, Columns, _parts.Generative.FaultOf);

    /// <summary>Makes a forecaster of sequences.</summary>
    internal SequenceForecaster CreateForecaster(ForecastOptions options)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new SequenceForecaster(_networks, options,
            Scoring(options.Particles, options.Seed) with { Horizon = options.Horizon ?? Options.Horizon }, _device);
    }

    private ScoringOptions Scoring(int? particles, int? seed) =>
        Options.Scoring with { Particles = particles ?? Options.Particles, Seed = seed ?? Options.KnownSeed };

    private List<SamplePrefix> ReadPrefixes(SampleOptions options, IDataView data, FutureControls? controls)
    {
        var binding = new SequenceBinding(data.Schema, Columns, _parts.Generative.FaultOf);
        var idColumn = FutureControls.IdColumn(data.Schema, Options.SequenceIdColumnName) is { } name ? data.Schema[name] : (DataViewSchema.Column?)null;
        using var cursor = data.GetRowCursor(binding.Columns.Concat(idColumn is { } column ? [column] : []).DistinctBy(c => c.Index));
        var read = binding.CreateReader(cursor);
        var readId = idColumn is { } found ? SequenceBinding.IdGetter(cursor, found) : null;
        var result = new List<SamplePrefix>();
        while (result.Count < (options.Prefixes ?? int.MaxValue) && cursor.MoveNext())
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var row = read();
            string? id = readId?.Invoke();
            string place = $"row {cursor.Position}{(id is null ? "" : $" ('{id}')")}";
            if (row.Length < options.PrefixLength)
                throw new SequenceFormatException($"the prefix has {options.PrefixLength} steps, but the sequence only {row.Length}; "
                    + "lower PrefixLength or remove the row").At($"{place}, column '{Options.ObservationColumnName}'");
            var prefix = row.Slice(0, options.PrefixLength);
            var future = new Future(prefix.Inputs, prefix.Length, controls?.Of(cursor.Position, id));
            if (future.FaultFor(_parts.Data, options.Length - options.PrefixLength) is { } fault)
                throw new SequenceFormatException(fault).At($"{place}, column '{KnownColumns}'");
            result.Add(new SamplePrefix(id ?? cursor.Position.ToString(System.Globalization.CultureInfo.InvariantCulture), prefix, future.Controls,
                $"{place}, column '{Options.ObservationColumnName}'"));
        }
        int wanted = options.Prefixes ?? 1;
        return result.Count >= wanted ? result
            : throw new OptionsException($"Prefixes is {wanted}, but the data has {result.Count} row{(result.Count == 1 ? "" : "s")}.");
    }

    private static void Check(IEnumerable<string> faults)
    {
        string all = string.Join(" ", faults);
        if (all.Length > 0)
            throw new OptionsException(all);
    }
}
