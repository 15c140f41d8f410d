namespace Parquet.Meta.Proto;

/// <summary>Metadata that is not valid Thrift compact protocol.</summary>
public class ThriftProtocolException : Exception
{
    public ThriftProtocolException(string message) : base(message) { }

    public ThriftProtocolException(string message, Exception innerException) : base(message, innerException) { }
}
