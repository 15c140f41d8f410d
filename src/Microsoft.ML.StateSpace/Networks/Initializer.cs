using System.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>Draws starting weights from one seed: the same on every device and for every number type.</summary>
public sealed class Initializer
{
    // Null where the weights will be read from a file: then they begin as zeros.
    private readonly Random? _random;
    private readonly WeightInit _init;
    private long _left;

    /// <summary>Two initialisers of the same seed and distribution draw the same weights.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="init">The distribution of weight matrices; null: Xavier uniform.</param>
    public Initializer(int seed, WeightInit? init = null) =>
        (_random, _init, _left) = (new Random(seed), init ?? new WeightInit(), long.MaxValue);

    private Initializer(long budget) => (_init, _left) = (new WeightInit(), budget);

    /// <summary>Makes weights of zeros, to be read from a file that holds <paramref name="budget"/> numbers.</summary>
    internal static Initializer ForWeightsOf(long budget) => new(budget);

    /// <summary>Takes note of weights about to be made.</summary>
    /// <exception cref="InvalidDataException">The file whose options ask for them does not hold that many.</exception>
    internal void Reserve(params ReadOnlySpan<long> shape)
    {
        double count = 1;
        foreach (long size in shape)
            count *= size;
        if (count > _left)
            throw new InvalidDataException("The model's options ask for more weights than its file holds.");
        _left -= (long)count;
    }

    /// <summary>A weight matrix of the distribution chosen.</summary>
    public Parameter Weight(long rows, long columns)
    {
        Reserve(rows, columns);
        var values = new float[rows * columns];
        Fill(values, rows, columns);
        return Make(values, [rows, columns]);
    }

    /// <summary>The identity matrix, [size, columns]; zeros right of the square.</summary>
    public Parameter Identity(long size, long columns)
    {
        Reserve(size, columns);
        var values = new float[size * columns];
        for (long i = 0; i < size; i++)
            values[i * columns + i] = 1;
        return Make(values, [size, columns]);
    }

    /// <summary>A vector of one value.</summary>
    public Parameter Constant(long size, float value = 0)
    {
        Reserve(size);
        var values = new float[size];
        Array.Fill(values, value);
        return Make(values, [size]);
    }

    /// <summary>A vector of independent uniform values.</summary>
    public Parameter Uniform(long size, double lowest, double highest)
    {
        Reserve(size);
        var values = new float[size];
        for (long i = 0; _random is not null && i < size; i++)
            values[i] = (float)(lowest + (highest - lowest) * _random.NextDouble());
        return Make(values, [size]);
    }

    /// <summary>Sets an existing weight to values of the distribution chosen, one block of rows after another.</summary>
    /// <param name="weight">[blocks·rows, columns]</param>
    /// <param name="blocks">The gates stacked in the weight.</param>
    public void SetWeight(Parameter weight, int blocks = 1)
    {
        long rows = weight.shape[0] / blocks, columns = weight.shape[1];
        var values = new float[weight.shape[0] * columns];
        for (int block = 0; block < blocks; block++)
            Fill(values.AsSpan((int)(block * rows * columns), (int)(rows * columns)), rows, columns);
        Set(weight, values);
    }

    /// <summary>Sets a recurrent weight to one orthogonal square block per gate, which keeps gradients from blowing up.</summary>
    /// <param name="weight">[blocks·n, n]</param>
    /// <param name="blocks">The gates stacked in the weight.</param>
    public void SetOrthogonal(Parameter weight, int blocks = 1)
    {
        if (_random is null)
            return;
        int n = (int)weight.shape[1];
        var values = new float[weight.shape[0] * n];
        for (int block = 0; block < blocks; block++)
            OrthonormalRows(n, n).CopyTo(values, block * n * n);
        Set(weight, values);
    }

    /// <summary>Sets a whole parameter to zero but for a run of entries.</summary>
    public static void SetConstant(Parameter parameter, float value = 0, int start = 0, int? count = null)
    {
        var values = new float[parameter.numel()];
        Array.Fill(values, value, start, count ?? values.Length - start);
        Set(parameter, values);
    }

    private void Fill(Span<float> values, long rows, long columns)
    {
        if (_random is null)
            return;
        if (_init.Scheme == WeightScheme.Orthogonal)
        {
            FillOrthogonal(values, (int)rows, (int)columns);
            return;
        }
        double scale = _init.ScaleOf(rows, columns);
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)((_init.IsNormal ? Gaussian() : _random.NextDouble() * 2 - 1) * scale);
    }

    private void FillOrthogonal(Span<float> values, int rows, int columns)
    {
        float[] orthonormal = OrthonormalRows(Math.Min(rows, columns), Math.Max(rows, columns));
        float scale = (float)_init.ScaleOf(rows, columns);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                values[i * columns + j] = scale * orthonormal[rows <= columns ? i * columns + j : j * rows + i];
    }

    // Gram–Schmidt, twice per row for accuracy, of a Gaussian matrix: uniform over the matrices of orthonormal rows.
    private float[] OrthonormalRows(int count, int n)
    {
        var result = new float[count * n];
        var rows = new double[count][];
        for (int i = 0; i < count; i++)
        {
            double[] row = rows[i] = new double[n];
            for (int j = 0; j < n; j++)
                row[j] = Gaussian();
            for (int pass = 0; pass < 2; pass++)
                for (int k = 0; k < i; k++)
                    AddScaled(row, rows[k], -Dot(row, rows[k]));
            double scale = 1 / Math.Sqrt(Dot(row, row));
            for (int j = 0; j < n; j++)
                result[i * n + j] = (float)(row[j] *= scale);
        }
        return result;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = Vector<double>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count)
            sum += new Vector<double>(a, i) * new Vector<double>(b, i);
        double rest = 0;
        for (; i < a.Length; i++)
            rest += a[i] * b[i];
        return Vector.Sum(sum) + rest;
    }

    private static void AddScaled(double[] target, double[] source, double scale)
    {
        int i = 0;
        for (; i <= target.Length - Vector<double>.Count; i += Vector<double>.Count)
            (new Vector<double>(target, i) + new Vector<double>(source, i) * scale).CopyTo(target, i);
        for (; i < target.Length; i++)
            target[i] += source[i] * scale;
    }

    private double Gaussian() =>
        Math.Sqrt(-2 * Math.Log(1 - _random!.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private static Parameter Make(float[] values, long[] shape) => new(tensor(values, shape));

    private static void Set(Parameter parameter, float[] values)
    {
        using var guard = no_grad();
        using var source = tensor(values, parameter.shape);
        parameter.copy_(source);
    }
}
