// SPDX-License-Identifier: Apache-2.0

import CYaml

/// Builds a tree of nodes from the events of libyaml, with limits on depth and size.
///
/// JSON is nearly a part of YAML; see `JSONEscapes` for the part that is not.
struct YAMLComposer: ~Copyable {
    /// A list or map that is still open.
    private struct Frame {
        let isMap: Bool
        let location: SourceLocation
        let anchor: String?
        let firstNode: Int
        var elements: [ConfigurationNode] = []
        var entries: [ConfigurationNode.Entry] = []
        var lines: [String: Int] = [:]
        var key: (text: String, location: SourceLocation)? = nil
        var merged: [ConfigurationNode] = []
    }

    private let file: String
    private let bytes: [UInt8]
    private let escapes: JSONEscapes?
    private var frames: [Frame] = []
    private var root: ConfigurationNode? = nil
    private var anchors: [String: (node: ConfigurationNode, size: Int)] = [:]
    private var nodeCount = 0

    /// - Parameter bytes: Valid UTF-8 without a byte-order mark.
    init(_ bytes: [UInt8], file: String) {
        self.file = file
        escapes = JSONEscapes(bytes)
        self.bytes = escapes?.bytes ?? bytes
    }

    /// The only document in the text, or `nil` where there is none.
    consuming func compose() throws(ConfigurationProblem) -> ConfigurationNode? {
        // The parser keeps a pointer to itself, so it must not move.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw ConfigurationProblem(.unreadable, at: SourceLocation(file: file), "There is not enough memory.")
        }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        let text = bytes
        let outcome: Result<Void, ConfigurationProblem> = text.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            do throws(ConfigurationProblem) {
                while try step(parser) {}
                return .success(())
            } catch { return .failure(error) }
        }
        try outcome.get()
        return root
    }

    /// Takes one event; false after the last.
    private mutating func step(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(ConfigurationProblem) -> Bool {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxProblem(parser.pointee) }
        defer { yaml_event_delete(&event) }
        let location = location(event.start_mark)
        switch event.type {
        case YAML_STREAM_END_EVENT:
            return false
        case YAML_DOCUMENT_START_EVENT where root != nil:
            throw ConfigurationProblem(
                .syntax, at: location, "A second document starts here. Keep one document in a file, without '---'.")
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            try open(isMap: true, tag: data.tag, anchor: data.anchor, at: location)
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            try open(isMap: false, tag: data.tag, anchor: data.anchor, at: location)
        case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
            try close()
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            try refuse(tag: data.tag, at: location)
            let text = String(
                decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
            let isQuoted = data.style != YAML_PLAIN_SCALAR_STYLE
            try count(1, at: location)
            if frames.last?.isMap == true, frames.last?.key == nil {
                try begin(key: text, isQuoted: isQuoted, at: location)
            } else {
                let node = ConfigurationNode(.scalar(.init(text: text, isQuoted: isQuoted)), at: location)
                if let anchor = data.anchor { anchors[String(cString: anchor)] = (node, 1) }
                try attach(node)
            }
        case YAML_ALIAS_EVENT:
            let name = String(cString: event.data.alias.anchor)
            guard let anchored = anchors[name] else {
                throw ConfigurationProblem(
                    .syntax, at: location,
                    "The alias \("*\(name)".inMessage) has no anchor before it. Write '&\(name)' at the value it stands for."
                )
            }
            try count(anchored.size, at: location)
            if frames.last?.isMap == true, frames.last?.key == nil { throw keyProblem(at: location) }
            try attach(anchored.node)
        default:
            break
        }
        return true
    }

    private mutating func open(
        isMap: Bool, tag: UnsafeMutablePointer<yaml_char_t>?, anchor: UnsafeMutablePointer<yaml_char_t>?,
        at location: SourceLocation
    ) throws(ConfigurationProblem) {
        try refuse(tag: tag, at: location)
        if frames.last?.isMap == true, frames.last?.key == nil { throw keyProblem(at: location) }
        guard frames.count < ConfigurationLimits.maximumDepth else {
            throw ConfigurationProblem(
                .tooLarge, at: location,
                "Lists and maps are nested more than \(ConfigurationLimits.maximumDepth) deep.")
        }
        try count(1, at: location)
        frames.append(
            Frame(
                isMap: isMap, location: location, anchor: anchor.map { String(cString: $0) },
                firstNode: nodeCount - 1))
    }

    private mutating func close() throws(ConfigurationProblem) {
        guard var frame = frames.popLast() else { return }
        for merged in frame.merged {
            for entry in merged.entries where frame.lines[entry.key] == nil {
                frame.lines[entry.key] = entry.keyLocation.line
                frame.entries.append(entry)
            }
        }
        let node = ConfigurationNode(frame.isMap ? .map(frame.entries) : .list(frame.elements), at: frame.location)
        if let anchor = frame.anchor { anchors[anchor] = (node, nodeCount - frame.firstNode) }
        try attach(node)
    }

    private mutating func begin(
        key: String, isQuoted: Bool, at location: SourceLocation
    ) throws(ConfigurationProblem) {
        let top = frames.count - 1
        if !isQuoted, key == "<<" {
            frames[top].key = (key, location)
            return
        }
        if let line = frames[top].lines[key] {
            throw ConfigurationProblem(
                .duplicateKey, at: location, path: path(to: key),
                "The key is given twice in one map; the first is on line \(line). Remove one of them.")
        }
        frames[top].lines[key] = location.line
        frames[top].key = (key, location)
    }

    private mutating func attach(_ node: ConfigurationNode) throws(ConfigurationProblem) {
        let top = frames.count - 1
        guard top >= 0 else {
            root = node
            return
        }
        guard frames[top].isMap else {
            frames[top].elements.append(node)
            return
        }
        guard let key = frames[top].key else { return }
        frames[top].key = nil
        guard key.text == "<<", frames[top].lines["<<"] == nil else {
            frames[top].entries.append(.init(key: key.text, keyLocation: key.location, value: node))
            return
        }
        let sources: [ConfigurationNode] = if case .list(let elements) = node.content { elements } else { [node] }
        for source in sources {
            guard case .map = source.content else {
                throw ConfigurationProblem(
                    .syntax, at: node.location, path: path(to: "<<"),
                    "'<<' merges a map, found \(source.foundText). Write '<<: *name' of an anchored map.")
            }
        }
        frames[top].merged += sources
    }

    private mutating func count(_ nodes: Int, at location: SourceLocation) throws(ConfigurationProblem) {
        nodeCount += nodes
        guard nodeCount <= ConfigurationLimits.maximumNodes else {
            throw ConfigurationProblem(
                .tooLarge, at: location,
                "There are more than \(ConfigurationLimits.maximumNodes) values, counting each use of an alias.")
        }
    }

    // MARK: - Places and problems

    private func path(to key: String) -> String {
        (frames.dropLast().compactMap { $0.isMap ? $0.key?.text : String($0.elements.count) } + [key])
            .joined(separator: ".")
    }

    private func location(_ mark: yaml_mark_t) -> SourceLocation {
        let (line, column) = (Int(mark.line), Int(mark.column))
        return SourceLocation(
            file: file, line: line + 1, column: (escapes?.sourceColumn(line: line, column: column) ?? column) + 1)
    }

    private func keyProblem(at location: SourceLocation) -> ConfigurationProblem {
        ConfigurationProblem(.syntax, at: location, "A key must be a word, not a list, a map or an alias.")
    }

    private func refuse(
        tag: UnsafeMutablePointer<yaml_char_t>?, at location: SourceLocation
    ) throws(ConfigurationProblem) {
        guard let tag else { return }
        let name = String(cString: tag)
        let prefix = "tag:yaml.org,2002:"
        let written = name.hasPrefix(prefix) ? "!!" + name.dropFirst(prefix.count) : name
        throw ConfigurationProblem(
            .syntax, at: location, "The tag \(written.inMessage) is not understood here. Remove it.")
    }

    private func syntaxProblem(_ parser: yaml_parser_t) -> ConfigurationProblem {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text ends too early"
        if parser.error == YAML_READER_ERROR {
            let (line, column) = TextPosition.of(offset: parser.problem_offset, in: bytes)
            return ConfigurationProblem(
                .encoding, at: SourceLocation(file: file, line: line, column: column),
                "The text cannot be read here: \(problem). Remove the character.")
        }
        var message = "This is not valid YAML: "
        if let context = parser.context {
            let mark = parser.context_mark
            message += "\(String(cString: context)) (line \(mark.line + 1), column \(mark.column + 1)): "
        }
        message += "\(problem)."
        let line = bytes.split(separator: 10, omittingEmptySubsequences: false).dropFirst(parser.problem_mark.line)
            .first
        if line?.prefix(while: { $0 == 9 || $0 == 32 }).contains(9) == true {
            message += " The line is indented with a tab; use spaces."
        } else if problem.contains("mapping values are not allowed") {
            message += " Put a value that holds ': ' in quotes, and check the indentation."
        } else if problem.contains("cannot start any token") {
            message += " Put a value that starts with this character in quotes."
        } else if problem.contains("did not find expected") {
            message += " Check the indentation, and that every bracket and quote is closed."
        }
        return ConfigurationProblem(.syntax, at: location(parser.problem_mark), message)
    }
}

/// Line and column of a byte, both from 1.
enum TextPosition {
    static func of(offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        let before = bytes.prefix(max(0, offset))
        let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        let line = before.count { $0 == 10 } + 1
        return (line, before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
    }
}
