using Microsoft.ML.StateSpace.Data.Import;

namespace Microsoft.ML.StateSpace.Data.Audio;

/// <summary>What becomes of the samples after a recording's last whole frame.</summary>
internal enum PartialFrame
{
    /// <summary>They are a frame, with what lacks marked as missing.</summary>
    Mask,

    /// <summary>They are left out.</summary>
    Drop,
}

/// <summary>Recordings cut into frames: a sequence per recording, a step per frame, a number per sample.</summary>
internal sealed class AudioFrames(RecordingSet set, int frame, PartialFrame partial)
{
    /// <summary>The mean and deviation of all samples of all recordings.</summary>
    /// <exception cref="DataFileException">A recording cannot be read, its rate differs from the first one's, or all samples are equal.</exception>
    public Standardisation Measure(CancellationToken cancellation = default)
    {
        (double count, double mean, double squares) = (0, 0, 0);
        int? rate = null;
        foreach (Recording recording in set.Recordings)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] samples = Read(recording, ref rate).Samples;
            if (samples.Length == 0)
            {
                continue;
            }

            double own = samples.Average(x => (double)x);
            double ownSquares = samples.Sum(x => (x - own) * (x - own));
            double together = count + samples.Length;
            double distance = own - mean;
            mean += distance * samples.Length / together;
            squares += ownSquares + distance * distance * count * samples.Length / together;
            count = together;
        }

        return squares > 0
            ? new Standardisation(mean, Math.Sqrt(squares / count), rate)
            : throw new DataFileException(set.Recordings[0].Name, "all samples are equal: there is nothing to standardise with; give --statistics-from");
    }

    /// <summary>Reads recordings one at a time and cuts them; T·frame numbers each.</summary>
    /// <exception cref="DataFileException">A recording cannot be read, has another rate, or no frame.</exception>
    public IEnumerable<ImportedSequence> Cut(Standardisation standardisation)
    {
        int? rate = standardisation.Rate;
        foreach (Recording recording in set.Recordings)
        {
            float[] samples = Read(recording, ref rate).Samples;
            int steps = partial == PartialFrame.Drop ? samples.Length / frame : (int)((samples.Length + (long)frame - 1) / frame);
            if (steps == 0 || (long)steps * frame > Array.MaxLength)
            {
                throw new DataFileException(recording.Name, $"its {samples.Length} samples are {(steps == 0 ? "no" : "too many")} frames of {frame}; remove it or choose another frame");
            }

            var observations = new float[steps * frame];
            for (int i = 0; i < observations.Length; i++)
            {
                observations[i] = i < samples.Length ? standardisation.Apply(samples[i]) : float.NaN;
            }

            yield return new ImportedSequence(recording.Id, observations);
        }
    }

    private static WaveFile Read(Recording recording, ref int? rate)
    {
        WaveFile wave = WaveFile.Read(recording.Name, recording.Read());
        if (wave.Rate != (rate ??= wave.Rate))
        {
            throw new DataFileException(recording.Name, $"it has {wave.Rate} samples a second, {rate} are expected as elsewhere; resample it");
        }

        return wave;
    }
}
