namespace Parquet;

/// <summary>A Parquet file, or a call on one, that breaks the format's rules.</summary>
public class ParquetException : Exception
{
    public ParquetException() { }

    public ParquetException(string message) : base(message) { }

    public ParquetException(string message, Exception inner) : base(message, inner) { }
}
