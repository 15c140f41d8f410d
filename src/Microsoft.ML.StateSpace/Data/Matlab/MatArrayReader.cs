using System.Text;

namespace Microsoft.ML.StateSpace.Data.Matlab;

/// <summary>Reads one array: flags, dimensions, name, and then its numbers or its cells.</summary>
internal sealed class MatArrayReader
{
    // Cells in cells in cells are no data that anybody wants here.
    private const int MostDepth = 8;
    private const int CellClass = 1;
    private const int DoubleClass = 6;
    private const int LastNumericClass = 15;
    private const int ComplexFlag = 0x08;
    private readonly string _file;
    private readonly MatElements _elements;
    private readonly int _depth;
    private readonly int _end;
    private readonly int _class;
    private readonly bool _isComplex;
    private readonly int[] _dimensions;
    private int _at;

    /// <summary>Reads what stands before the array's content; an element of another kind has no name.</summary>
    public MatArrayReader(string file, MatElements elements, MatElement element, int depth = 0)
    {
        (_file, _elements, _depth) = (file, elements, depth);
        (_at, _end, _dimensions) = (element.Start, element.Start + element.Length, []);
        if (element.Type != MatType.Matrix || element.Length == 0)
        {
            return;
        }

        MatElement flags = elements.Next(ref _at, _end);
        if (flags.Length != 8 || flags.Type != MatType.UInt32)
        {
            throw elements.Damaged(flags.Start);
        }

        uint word = elements.UInt32(flags.Start);
        (_class, _isComplex) = ((int)(word & 0xFF), (word >> 8 & ComplexFlag) != 0);
        MatElement dimensions = elements.Next(ref _at, _end);
        if (dimensions.Type != MatType.Int32 || dimensions.Length % 4 != 0)
        {
            throw elements.Damaged(dimensions.Start);
        }

        _dimensions = [.. Enumerable.Range(0, dimensions.Length / 4).Select(i => (int)elements.UInt32(dimensions.Start + 4 * i))];
        Name = Encoding.Latin1.GetString(elements.Bytes(elements.Next(ref _at, _end)));
    }

    /// <summary>The array's name; null for an element that is none.</summary>
    public string? Name { get; }

    /// <summary>Reads the content.</summary>
    /// <exception cref="DataFileException">The array is of a kind that is not read, or damaged.</exception>
    public MatArray Read()
    {
        if (_dimensions.Length != 2 || _dimensions[0] < 0 || _dimensions[1] < 0)
        {
            throw Fault($"it has {_dimensions.Length} dimensions ({string.Join('×', _dimensions)}), two are expected");
        }

        if (_class == CellClass)
        {
            return new MatArray(Name ?? "", _dimensions[0], _dimensions[1], null, Cells());
        }

        if (_class is < DoubleClass or > LastNumericClass || _isComplex)
        {
            throw Fault($"it is {(_isComplex ? "a complex matrix" : KindOf(_class))}, a real matrix or a cell array is expected (of a sparse one, save full(…))");
        }

        return new MatArray(Name ?? "", _dimensions[0], _dimensions[1], Numbers(), null);
    }

    private static string KindOf(int kind) => kind switch { 2 => "a structure", 3 => "an object", 4 => "text", 5 => "a sparse matrix", _ => $"of class {kind}" };

    private DataFileException Fault(string fault) => new(_file, fault, column: Name);

    private List<MatArray> Cells()
    {
        long count = (long)_dimensions[0] * _dimensions[1];
        if (_depth == MostDepth || count > (_end - _at) / 8)
        {
            throw Fault(_depth == MostDepth ? "cells lie too deep in one another" : $"it claims {count} cells, which the file cannot hold; save or fetch it again");
        }

        var cells = new List<MatArray>((int)count);
        for (long i = 0; i < count; i++)
        {
            MatElement element = _elements.Next(ref _at, _end);
            if (element.Type != MatType.Matrix)
            {
                throw _elements.Damaged(element.Start);
            }

            cells.Add(element.Length == 0
                ? new MatArray("", 0, 0, [], null)
                : new MatArrayReader(_file, _elements, element, _depth + 1).Read());
        }

        return cells;
    }

    /// <summary>The numbers, which the file has column by column and may have in a smaller type than the matrix's.</summary>
    private float[] Numbers()
    {
        (int rows, int columns) = (_dimensions[0], _dimensions[1]);
        MatElement data = _elements.Next(ref _at, _end);
        int size = MatElements.SizeOf(data.Type);
        if (size == 0 || (long)rows * columns * size != data.Length)
        {
            throw Fault($"it claims {rows}×{columns} numbers, which its {data.Length} bytes are not; save or fetch it again");
        }

        var numbers = new float[rows * columns];
        for (int column = 0; column < columns; column++)
        {
            for (int row = 0; row < rows; row++)
            {
                numbers[row * columns + column] = _elements.Number(data, column * rows + row);
            }
        }

        return numbers;
    }
}
