using System.Collections;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.LinearGaussian.Rows;

/// <summary>Square matrices of packed steps, each distinct one kept once; tensors are made of them where they are asked for.</summary>
internal sealed class PackedMatrices : IReadOnlyList<Tensor>
{
    private readonly DistinctBlocks _distinct;
    private readonly int[] _places;
    private readonly int[] _starts;
    private readonly long _size;
    private readonly ScalarType _type;

    /// <summary>Takes them over.</summary>
    /// <param name="distinct">The distinct matrices.</param>
    /// <param name="places">Which of them each packed step has.</param>
    /// <param name="size">The rows of a matrix.</param>
    /// <param name="rows">The packed steps of each step.</param>
    /// <param name="type">The type of the tensors.</param>
    public PackedMatrices(DistinctBlocks distinct, int[] places, int size, ReadOnlySpan<int> rows, ScalarType type)
    {
        (_distinct, _places, _size, _type) = (distinct, places, size, type);
        _starts = new int[rows.Length + 1];
        for (int t = 0; t < rows.Length; t++)
            _starts[t + 1] = _starts[t] + rows[t];
    }

    /// <summary>The number of steps.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Those of a step: [row, Z, Z], or [Z, Z] where all rows have the same.</summary>
    public Tensor this[int step]
    {
        get
        {
            var here = Places(step);
            return here.IndexOfAnyExcept(here[0]) < 0 ? tensor(_distinct[here[0]], [_size, _size], _type) : Stacked(here);
        }
    }

    /// <summary>The first packed step of a step.</summary>
    public int Start(int step) => _starts[step];

    /// <summary>How many rows run at a step.</summary>
    public int Rows(int step) => _starts[step + 1] - _starts[step];

    /// <summary>Of all packed steps, [S, Z, Z].</summary>
    public Tensor All() => Gathered(table => table);

    /// <summary>Their diagonals, [S, Z].</summary>
    public Tensor Diagonals() => Gathered(table => table.diagonal(0, 1, 2));

    /// <summary>Those of some packed steps, [n, Z, Z].</summary>
    public Tensor Of(ReadOnlySpan<int> steps)
    {
        var places = new int[steps.Length];
        for (int i = 0; i < places.Length; i++)
            places[i] = _places[steps[i]];
        return Stacked(places);
    }

    /// <summary>Σ_s w[s, k] M_s, [K, Z, Z] in float64.</summary>
    /// <param name="weights">w, packed [S, K], in float64.</param>
    public Tensor WeightedSum(Tensor weights)
    {
        using var scope = NewDisposeScope();
        var (table, index) = Table(ScalarType.Float64);
        var sums = zeros([table.shape[0], weights.shape[1]], ScalarType.Float64).index_add(0, index, weights, 1);
        return sums.t().matmul(table.flatten(1)).view(weights.shape[1], _size, _size).MoveToOuterDisposeScope();
    }

    public IEnumerator<Tensor> GetEnumerator() => Enumerable.Range(0, Count).Select(step => this[step]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ReadOnlySpan<int> Places(int step) => _places.AsSpan(_starts[step].._starts[step + 1]);

    private Tensor Gathered(Func<Tensor, Tensor> part)
    {
        using var scope = NewDisposeScope();
        var (table, index) = Table(_type);
        return part(table).index_select(0, index).MoveToOuterDisposeScope();
    }

    // The matrices that occur, and which of them each packed step has.
    private (Tensor Table, Tensor Index) Table(ScalarType type)
    {
        int[] numbers = new int[_distinct.Count];
        Array.Fill(numbers, -1);
        var used = new List<int>();
        var index = new long[_places.Length];
        for (int i = 0; i < index.Length; i++)
        {
            ref int number = ref numbers[_places[i]];
            if (number < 0)
            {
                number = used.Count;
                used.Add(_places[i]);
            }
            index[i] = number;
        }
        return (Stacked(used.ToArray()).to(type), tensor(index));
    }

    private Tensor Stacked(ReadOnlySpan<int> places)
    {
        long square = _size * _size;
        var numbers = new double[places.Length * square];
        for (int i = 0; i < places.Length; i++)
            _distinct[places[i]].CopyTo(numbers, i * square);
        return tensor(numbers, [places.Length, _size, _size], _type);
    }
}
